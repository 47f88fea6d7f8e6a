// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "machine/vcpu_thread.h"

namespace nmistorm::inject {

/// The NMI source kvm-nmi: the ioctl KVM_NMI. The vCPU's own thread issues it, since it takes the vCPU's
/// mutex, which KVM_RUN holds (kvm_vcpu_ioctl() in virt/kvm/kvm_main.c).
class KvmNmi final : public machine::RunHook {
  public:
    /// Called on the vCPU's thread, outside the guest, before @p nmis NMIs are queued at once.
    using Batch = std::function<void(unsigned cpu, const kvm::Vcpu& vcpu, std::uint32_t nmis)>;

    KvmNmi(unsigned vcpus, Batch batch) : vcpus_(vcpus), batch_(std::move(batch)) {}

    /// Queues @p nmis NMIs. Called on the vCPU's thread, outside the guest.
    void queue(unsigned cpu, kvm::Vcpu& vcpu, std::uint32_t nmis);

    /// Has @p nmis NMIs queued soon, and kicks the vCPU for that. Any thread may call this.
    void request(machine::VcpuThread& thread, unsigned cpu, std::uint32_t nmis);

    /// How many requested NMIs were not yet passed to KVM; idle() if none.
    [[nodiscard]] std::uint32_t waiting(unsigned cpu) const { return vcpus_[cpu].waiting.load(); }
    [[nodiscard]] bool idle(unsigned cpu) const { return vcpus_[cpu].waiting.load() == 0; }

    /// How often KVM_NMI succeeded.
    [[nodiscard]] std::uint64_t accepted(unsigned cpu) const { return vcpus_[cpu].accepted.load(); }

    /// Returns true if KVM has no NMI on its way to the vCPU and the guest is handling none. Poll it: if it
    /// is not known, the call makes the vCPU's thread ask KVM.
    [[nodiscard]] bool drained(machine::VcpuThread& thread, unsigned cpu);

    /// The next drained() is true only after the vCPU's thread has asked KVM once more.
    void forget(unsigned cpu) { vcpus_[cpu].outstanding.store(Outstanding::unknown); }

    /// Queues what was requested.
    machine::Turn before_run(unsigned cpu, kvm::Vcpu& vcpu) override;

  private:
    /// KVM's last answer. A request makes it unknown.
    enum class Outstanding { unknown, asked, none };

    /// On cache lines of its own, since each vCPU's thread writes it at every NMI.
    struct alignas(64) PerVcpu {
        std::atomic<std::uint32_t> waiting = 0;
        std::atomic<std::uint64_t> accepted = 0;
        std::atomic<Outstanding> outstanding = Outstanding::none;
    };
    std::vector<PerVcpu> vcpus_;
    Batch batch_;
};

}  // namespace nmistorm::inject
