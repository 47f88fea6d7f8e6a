// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <csignal>
#include <memory>
#include <mutex>

#include "base/fd.h"
#include "files.h"
#include "guest_cpu.h"
#include "vm.h"

namespace nmistorm::fake_kvm {

class Vcpu : public File {
  public:
    static constexpr std::size_t shared_size = 3 * 4096;

    /// @p fd: of shared_size bytes, which is mapped for the shared area.
    Vcpu(std::shared_ptr<Vm> vm, unsigned number, int fd);
    ~Vcpu() override;

    int request(unsigned long number, unsigned long argument) override;
    /// kvm_inject_nmi(): also reaches a guest that runs or is halted. Any thread may call this.
    void queue_nmi();
    /// Its APIC is in KVM's map, from KVM_SET_LAPIC on (kvm_recalculate_apic_map()).
    [[nodiscard]] bool has_lapic() const { return has_lapic_; }
    /// Its pin LINT0 is one for NMIs. Any thread may ask.
    [[nodiscard]] bool takes_nmis_from_lint0() const;

    // For what runs on it:
    void tell(Moment moment) const;
    [[nodiscard]] bool signal_pending() const;
    void process_queued();
    [[nodiscard]] bool deliverable() const { return pending_ != 0 && !masked_; }
    void begin_nmi();
    void end_nmi();
    void set_halted() { mp_state_ = KVM_MP_STATE_HALTED; }
    void send_nmi(unsigned id);
    [[nodiscard]] kvm_run& run_area() { return *shared_; }

  private:
    int run();
    int run_blocking_signals();
    int interrupted();
    bool sleep();
    [[nodiscard]] bool can_run() const;
    int statistics() const;
    [[nodiscard]] kvm_regs regs() const;
    void set_regs(const kvm_regs& regs);
    [[nodiscard]] kvm_vcpu_events events() const;
    void set_events(const kvm_vcpu_events& events);

    const std::shared_ptr<Vm> vm_;
    const unsigned number_;
    std::mutex mutex_;  ///< KVM's vcpu->mutex: requests of other threads wait while it runs
    kvm_run* shared_;
    kvm_regs regs_{};
    kvm_sregs sregs_{};

    std::atomic<unsigned> queued_ = 0;  ///< process_queued() makes them pending
    Fd queued_event_;                   ///< ends the sleep of a halted vCPU
    unsigned pending_ = 0;
    bool masked_ = false;
    bool has_lapic_ = false;
    std::atomic<std::uint32_t> lint0_ = 0;
    std::uint64_t injections_ = 0;

    std::shared_ptr<GuestCpu> guest_;  ///< none until it first runs
    unsigned mp_state_ = KVM_MP_STATE_RUNNABLE;
    sigset_t callers_mask_{};  ///< during KVM_RUN, which blocks all signals and checks for them
};

}  // namespace nmistorm::fake_kvm
