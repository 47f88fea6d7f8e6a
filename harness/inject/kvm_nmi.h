// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "machine/vcpu_thread.h"

namespace nmistorm::inject {

/// The source kvm-nmi: the ioctl KVM_NMI, issued by the vCPU's own thread, since it takes the vCPU's
/// mutex, which KVM_RUN holds (kvm_vcpu_ioctl() in virt/kvm/kvm_main.c).
class KvmNmi final : public machine::RunHook {
  public:
    /// Told on the vCPU's thread, outside the guest, that @p nmis will be queued at once.
    using Batch = std::function<void(unsigned cpu, std::uint32_t nmis)>;

    KvmNmi(unsigned vcpus, Batch batch) : vcpus_(vcpus), batch_(std::move(batch)) {}

    /// Has @p nmis queued soon and kicks the vCPU for it.
    void request(machine::VcpuThread& thread, unsigned cpu, std::uint32_t nmis);

    /// KVM has been given all that was requested.
    [[nodiscard]] std::uint32_t waiting(unsigned cpu) const { return vcpus_[cpu].waiting.load(); }
    [[nodiscard]] bool idle(unsigned cpu) const { return vcpus_[cpu].waiting.load() == 0; }

    /// How often KVM_NMI succeeded.
    [[nodiscard]] std::uint64_t accepted(unsigned cpu) const { return vcpus_[cpu].accepted.load(); }

    /// KVM has nothing on its way to the vCPU, nor has the guest an NMI in hand. To be polled: each call
    /// that cannot tell has the vCPU's thread ask KVM.
    [[nodiscard]] bool drained(machine::VcpuThread& thread, unsigned cpu);

    void before_run(unsigned cpu, kvm::Vcpu& vcpu) override;

  private:
    /// What KVM said when it was last asked; a request makes it unknown.
    enum class Outstanding { unknown, asked, none };

    /// On cache lines of its own: each vCPU's thread writes it at every NMI.
    struct alignas(64) PerVcpu {
        std::atomic<std::uint32_t> waiting = 0;
        std::atomic<std::uint64_t> accepted = 0;
        std::atomic<Outstanding> outstanding = Outstanding::none;
    };
    std::vector<PerVcpu> vcpus_;
    Batch batch_;
};

}  // namespace nmistorm::inject
