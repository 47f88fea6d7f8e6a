// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <csignal>
#include <memory>
#include <mutex>
#include <optional>

#include "base/fd.h"
#include "fiber.h"
#include "files.h"
#include "vm.h"

namespace nmistorm::fake_kvm {

class Vcpu : public File, public Cpu {
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

    [[nodiscard]] unsigned number() const override { return number_; }
    void instruction() override;
    void halt() override;
    void exit(const std::function<void(kvm_run&)>& reason) override;
    void send_nmi(unsigned id) override;
    void fail(int error) override;

  private:
    int run();
    int run_blocking_signals();
    int interrupted();
    bool sleep();
    int statistics() const;
    void start();
    void leave(std::optional<int> result);
    void take_nmis();
    void shut_down();
    void process_queued();
    [[nodiscard]] bool deliverable() const { return pending_ != 0 && !masked_; }
    [[nodiscard]] bool signal_pending() const;
    void tell(Moment moment) const;
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

    std::unique_ptr<Fiber> guest_;
    bool halted_ = false;
    std::optional<int> result_;  ///< of KVM_RUN, if the guest left it for a reason of its own
    unsigned boundaries_ = 0;
    sigset_t callers_mask_{};  ///< during KVM_RUN, which blocks all signals and checks for them
};

}  // namespace nmistorm::fake_kvm
