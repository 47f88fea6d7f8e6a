// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace nmistorm::oracle {

/// A vCPU's counts of NMI entries and exits, read while it is outside the guest; both wrap at 2^32.
struct NmiCounts {
    std::uint32_t entries = 0;
    std::uint32_t exits = 0;
};

/// How many NMIs one vCPU may still enter, by KVM's own rules. process_nmi() in arch/x86/kvm/x86.c, which
/// runs before KVM enters the guest and before it answers KVM_GET_VCPU_EVENTS:
///
///     limit = NMIs are masked || nmi_injected ? 1 : 2;
///     nmi_pending = min(nmi_pending + xchg(nmi_queued, 0), limit);
///
/// Its injection takes one of nmi_pending. So what the guest has not counted yet is at most
///   - two pending; or
///   - one that is being injected, and one pending; or
///   - one that was delivered and stands before the handler's ++nmi_entries, and one pending: the CPU has
///     masked NMIs at the delivery;
/// which is two each time. Where the guest is between ++nmi_entries and ++nmi_exits, NMIs are masked and none
/// is being injected: then one pending is all. And at least one remains as long as any was queued and none
/// has been entered since.
class DeliveryLedger {
  public:
    /// Nothing is outstanding; what happened before is not judged.
    void begin(NmiCounts now);

    /// @p nmis are about to be queued at once.
    void batch(NmiCounts now, std::uint32_t nmis);

    /// The counts now, with none queued.
    void settle(NmiCounts now) { batch(now, 0); }

    [[nodiscard]] std::uint64_t entries() const { return entries_; }
    [[nodiscard]] std::uint64_t at_least() const { return entries_ + least_outstanding_; }
    [[nodiscard]] std::uint64_t at_most() const { return entries_ + most_outstanding_; }
    /// Entries that nobody asked for.
    [[nodiscard]] std::uint64_t surplus() const { return surplus_; }

  private:
    std::uint32_t last_ = 0;
    std::uint64_t entries_ = 0;
    std::uint64_t least_outstanding_ = 0;
    std::uint64_t most_outstanding_ = 0;
    std::uint64_t surplus_ = 0;
};

}  // namespace nmistorm::oracle
