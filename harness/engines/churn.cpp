// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/churn.h"

#include <utility>

#include "base/around.h"

namespace nmistorm::engines {

Churn::Churn(const plan::RunPlan& plan, const kvm::System& system, machine::GuestVm& vm,
             machine::Machine& machine, sources::NmiQueue& queue, ChurnOrder order)
    : every_(plan.churn),
      vm_(vm),
      machine_(machine),
      queue_(queue),
      order_(std::move(order)),
      random_(plan.seed) {
    if (every_) {
        kvm::require_state(system, "--churn");
        msr_indices_ = system.msr_indices();
        vcpu_states_.resize(plan.vcpus);
    }
}

void Churn::begin(Clock::time_point now) {
    if (every_) {
        next_ = now + around(*every_, random_);
    }
}

bool Churn::poll(Clock::time_point now) {
    if (now < next_) {
        return true;
    }
    machine::GuestVm::Contents fresh = vm_.make_fresh();
    const auto stopped_at = Clock::now();
    if (order_.stop_all_first) {
        machine_.stop();
    }
    queue_.leave_vm();
    if (!save()) {
        machine_.stop();
        return false;
    }
    const kvm::Vm old = machine_.renew(std::move(fresh));  // it ends only after the new one runs
    restore();
    const auto end = Clock::now();
    stopped_for_.record(static_cast<std::uint64_t>(std::chrono::nanoseconds(end - stopped_at).count()));
    begin(end);
    return true;
}

/// Returns false if a vCPU has ended for good.
bool Churn::save() {
    for (unsigned cpu = machine_.vcpus(); cpu-- > 0;) {
        machine::VcpuThread& thread = machine_.vcpu(cpu);
        if (order_.stop_first) {
            machine_.stop(cpu);
        }
        if (thread.ended() && thread.failed()) {
            return false;
        }
        for (const kvm::StatePart part : order_.state.save) {
            thread.vcpu().save(part, msr_indices_, vcpu_states_[cpu]);
        }
        machine_.stop(cpu);
    }
    vm_state_ = vm_.kvm().save();
    return true;
}

void Churn::restore() {
    vm_.kvm().restore(vm_state_);
    for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
        for (const kvm::StatePart part : order_.state.restore) {
            machine_.vcpu(cpu).vcpu().restore(part, vcpu_states_[cpu]);
        }
        if (!order_.start_all_last) {
            machine_.start(cpu);
        }
    }
    queue_.enter_vm();
    if (order_.start_all_last) {
        machine_.start();
    }
}

}  // namespace nmistorm::engines
