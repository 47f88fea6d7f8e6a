// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/stepped/stepped_vcpu.h"

#include <time.h>

#include <chrono>
#include <optional>

namespace nmistorm::guests {
namespace {

constexpr std::chrono::seconds longest_kvm_run{1};  // of CPU time, in one KVM_RUN

/// CPU time of this thread.
std::chrono::nanoseconds cpu_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

SteppedVcpu::SteppedVcpu(kvm::Vcpu& vcpu, const kvm::System& system) : vcpu_(&vcpu), events_(vcpu.events()) {
    vcpu.begin_stepping(system);
}

void SteppedVcpu::set_regs(const kvm_regs& regs) {
    vcpu_->set_step_regs(regs);
}

void SteppedVcpu::set_nmi_masked(bool masked) {
    if ((events_.nmi.masked != 0) != masked) {
        events_.nmi.masked = masked ? 1 : 0;
        apply_mask();
    }
}

void SteppedVcpu::apply_mask() {
    vcpu_->set_step_events(events_);
}

SteppedVcpu::Step SteppedVcpu::step(const Stop& stop) {
    std::optional<std::chrono::nanoseconds> since;
    while (!vcpu_->run()) {  // a signal came: from the thread's KickTimer or the terminal
        if (stop && stop()) {
            throw Stopped{};
        }
        const auto now = cpu_time();
        if (vcpu_->is_halted() || (since && now - *since > longest_kvm_run)) {
            return Step::endless;
        }
        since = since.value_or(now);
    }
    if (vcpu_->state().exit_reason == KVM_EXIT_DEBUG) {
        return Step::done;
    }
    exit_ = machine::describe_exit(vcpu_->state());
    return Step::exited;
}

void SteppedVcpu::revive(const kvm_sregs& sregs) {
    vcpu_->kick();
    while (vcpu_->run()) {
    }
    vcpu_->clear_kick();
    vcpu_->set_sregs(sregs);
    vcpu_->set_mp_state(KVM_MP_STATE_RUNNABLE);
    apply_mask();
}

}  // namespace nmistorm::guests
