// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace nmistorm::oracle {

/// A vCPU's counts of NMI entries and exits, read while it is outside the guest; both wrap at 2^32.
struct NmiCounts {
    std::uint32_t entries = 0;
    std::uint32_t exits = 0;
};

/// Bounds how many NMIs one vCPU may still enter, by KVM's own rules. KVM calls process_nmi()
/// (arch/x86/kvm/x86.c) before it enters the guest and before it answers KVM_GET_VCPU_EVENTS:
///
///     limit = NMIs are masked || nmi_injected ? 1 : 2;
///     nmi_pending = min(nmi_pending + xchg(nmi_queued, 0), limit);
///
/// Each injection takes one of nmi_pending. So the NMIs that the guest has not counted yet are at most
///   - two pending; or
///   - one that is being injected, and one pending; or
///   - one that was delivered but whose handler has not reached ++nmi_entries, and one pending: the CPU
///     masked NMIs at the delivery;
/// which is two in each case. Between ++nmi_entries and ++nmi_exits NMIs are masked and none is being
/// injected, so at most one is pending. At least one is outstanding if any was queued and none has been
/// entered since.
class DeliveryLedger {
  public:
    /// Starts with no NMI outstanding. Earlier NMIs are not judged.
    void begin(NmiCounts now);

    /// @p nmis are about to be queued at once.
    void batch(NmiCounts now, std::uint32_t nmis);

    /// Takes the current counts; no NMI is queued.
    void settle(NmiCounts now) { batch(now, 0); }

    [[nodiscard]] std::uint64_t entries() const { return entries_; }
    [[nodiscard]] std::uint64_t at_least() const { return entries_ + least_outstanding_; }
    [[nodiscard]] std::uint64_t at_most() const { return entries_ + most_outstanding_; }
    /// Entries beyond what was requested.
    [[nodiscard]] std::uint64_t surplus() const { return surplus_; }

  private:
    std::uint32_t last_ = 0;
    std::uint64_t entries_ = 0;
    std::uint64_t least_outstanding_ = 0;
    std::uint64_t most_outstanding_ = 0;
    std::uint64_t surplus_ = 0;
};

}  // namespace nmistorm::oracle
