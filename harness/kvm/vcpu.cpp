// SPDX-License-Identifier: GPL-2.0-or-later
#include "kvm/vcpu.h"

#include <cstring>

#include <fmt/format.h>

#include "kvm/cpuid.h"
#include "kvm/system.h"

namespace nmistorm::kvm {

Vcpu::Vcpu(unsigned id, Fd fd, std::size_t mmap_size)
    : who_(fmt::format("vCPU {}", id)), fd_(std::move(fd)), shared_(Mapping::shared(fd_.get(), mmap_size)) {}

kvm_run& Vcpu::run_area() const {
    return *reinterpret_cast<kvm_run*>(shared_.bytes().data());
}

const kvm_run& Vcpu::state() const {
    return run_area();
}

bool Vcpu::run() {
    const int result = try_request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_RUN), 0);
    if (result == -EINTR || result == -EAGAIN) {
        return false;
    }
    if (result < 0) {
        throw_errno("KVM_RUN (" + who_ + ")", -result);
    }
    return true;
}

void Vcpu::kick() {
    __atomic_store_n(&run_area().immediate_exit, 1, __ATOMIC_SEQ_CST);
}

void Vcpu::clear_kick() {
    __atomic_store_n(&run_area().immediate_exit, 0, __ATOMIC_SEQ_CST);
}

void Vcpu::nmi() {
    request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_NMI), 0, who_);
}

kvm_regs Vcpu::regs() const {
    kvm_regs regs{};
    NMISTORM_KVM(fd_.get(), KVM_GET_REGS, regs, who_);
    return regs;
}

void Vcpu::set_regs(const kvm_regs& regs) {
    kvm_regs copy = regs;
    NMISTORM_KVM(fd_.get(), KVM_SET_REGS, copy, fmt::format("{}, rip {:#x}", who_, regs.rip));
}

kvm_sregs Vcpu::sregs() const {
    kvm_sregs sregs{};
    NMISTORM_KVM(fd_.get(), KVM_GET_SREGS, sregs, who_);
    return sregs;
}

void Vcpu::set_sregs(const kvm_sregs& sregs) {
    kvm_sregs copy = sregs;
    NMISTORM_KVM(fd_.get(), KVM_SET_SREGS, copy,
                 fmt::format("{}, cr0 {:#x}, cr3 {:#x}, cr4 {:#x}, efer {:#x}", who_, sregs.cr0, sregs.cr3,
                             sregs.cr4, sregs.efer));
}

kvm_vcpu_events Vcpu::events() const {
    kvm_vcpu_events events{};
    NMISTORM_KVM(fd_.get(), KVM_GET_VCPU_EVENTS, events, who_);
    return events;
}

bool Vcpu::has_nmi() const {
    const kvm_vcpu_events now = events();
    return now.nmi.pending != 0 || now.nmi.injected != 0 || now.nmi.masked != 0;
}

void Vcpu::set_cpuid(const std::vector<kvm_cpuid_entry2>& entries) {
    CpuidBuffer buffer(entries);
    NMISTORM_KVM(fd_.get(), KVM_SET_CPUID2, buffer.header(),
                 fmt::format("{}, {} entries", who_, entries.size()));
}

void Vcpu::set_mp_state(unsigned state) {
    kvm_mp_state mp{state};
    NMISTORM_KVM(fd_.get(), KVM_SET_MP_STATE, mp, fmt::format("{}, state {}", who_, state));
}

void Vcpu::confirm_lapic() {
    kvm_lapic_state lapic{};
    NMISTORM_KVM(fd_.get(), KVM_GET_LAPIC, lapic, who_);
    NMISTORM_KVM(fd_.get(), KVM_SET_LAPIC, lapic, who_);
}

void Vcpu::set_lint0_to_nmi(bool nmi) {
    constexpr std::size_t lvt_lint0 = 0x350;
    constexpr std::uint32_t delivery_mode_nmi = 4U << 8;
    constexpr std::uint32_t masked = 1U << 16;
    const std::uint32_t lint0 = nmi ? delivery_mode_nmi : masked;
    kvm_lapic_state lapic{};
    NMISTORM_KVM(fd_.get(), KVM_GET_LAPIC, lapic, who_);
    std::memcpy(&lapic.regs[lvt_lint0], &lint0, sizeof(lint0));
    NMISTORM_KVM(fd_.get(), KVM_SET_LAPIC, lapic, who_);
}

unsigned Vcpu::mp_state() const {
    kvm_mp_state mp{};
    NMISTORM_KVM(fd_.get(), KVM_GET_MP_STATE, mp, who_);
    return mp.mp_state;
}

bool Vcpu::is_halted() const {
    return mp_state() == KVM_MP_STATE_HALTED;
}

void Vcpu::set_events(const kvm_vcpu_events& events) {
    kvm_vcpu_events copy = events;
    NMISTORM_KVM(fd_.get(), KVM_SET_VCPU_EVENTS, copy, who_);
}

void Vcpu::begin_stepping(const System& system) {
    constexpr int needed = KVM_SYNC_X86_REGS | KVM_SYNC_X86_EVENTS;
    if (system.extension(KVM_CAP_SET_GUEST_DEBUG) <= 0 ||
        (system.extension(KVM_CAP_SYNC_REGS) & needed) != needed) {
        throw HostCannot(
            "this host's KVM lacks KVM_CAP_SET_GUEST_DEBUG or KVM_CAP_SYNC_REGS, which stepping needs: use a "
            "host with kvm_intel or kvm_amd, Linux 4.17 or later");
    }
    kvm_guest_debug debug{};
    debug.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
    NMISTORM_KVM(fd_.get(), KVM_SET_GUEST_DEBUG, debug, who_);
    run_area().kvm_valid_regs = KVM_SYNC_X86_REGS;
    set_step_regs(regs());
}

const kvm_regs& Vcpu::step_regs() const {
    return run_area().s.regs.regs;
}

void Vcpu::set_step_regs(const kvm_regs& regs) {
    // Sets TF. By itself KVM sets it only for the rip that it saw in KVM_SET_GUEST_DEBUG, and it hides TF
    // again when the registers are read.
    run_area().s.regs.regs = regs;
    run_area().s.regs.regs.rflags |= rflags_tf;
    run_area().kvm_dirty_regs |= KVM_SYNC_X86_REGS;
}

void Vcpu::set_step_events(const kvm_vcpu_events& events) {
    run_area().s.regs.events = events;
    run_area().kvm_dirty_regs |= KVM_SYNC_X86_EVENTS;
}

unsigned Vcpu::tsc_khz() const {
    const int khz = try_request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_GET_TSC_KHZ), 0);
    return khz > 0 ? static_cast<unsigned>(khz) : 0;
}

Statistics Vcpu::statistics() const {
    const int fd = try_request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_GET_STATS_FD), 0);
    return fd >= 0 ? Statistics(Fd(fd)) : Statistics();
}

}  // namespace nmistorm::kvm
