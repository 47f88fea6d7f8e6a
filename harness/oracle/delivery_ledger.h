// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace nmistorm::oracle {

/// A vCPU's counts of NMI entries and exits, which wrap at 2^32. Where it is not said otherwise, they were
/// read while it was outside the guest.
struct NmiCounts {
    std::uint32_t entries = 0;
    std::uint32_t exits = 0;
};

/// How many NMIs may be outstanding on a vCPU: outside a handler, and between ++nmi_entries and ++nmi_exits.
struct DeliveryLimits {
    std::uint64_t outside = 2;
    std::uint64_t inside = 1;
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
///
/// A guest that runs may go through whole handlers before KVM processes what another thread has queued. Then
/// one NMI can be delivered and not counted yet, with virtual NMIs another one be delivered after it without
/// KVM, and two be pending after these.
class DeliveryLedger {
  public:
    explicit DeliveryLedger(DeliveryLimits limits = {}) : limits_(limits) {}

    /// Starts with no NMI outstanding. Earlier NMIs are not judged.
    void begin(NmiCounts now);

    /// @p nmis are about to be queued at once.
    void batch(NmiCounts now, std::uint32_t nmis);

    /// @p nmis were queued while the vCPU may have run. The counts were read before and after that. So many
    /// of all that was queued so far are still @p under_way to KVM, read after that.
    void batch_while_running(NmiCounts before, NmiCounts after, std::uint32_t nmis,
                             std::uint32_t under_way = 0);

    /// Takes the current counts; no NMI is queued.
    void settle(NmiCounts now) { batch(now, 0); }

    [[nodiscard]] std::uint64_t entries() const { return entries_; }
    [[nodiscard]] std::uint64_t at_least() const { return entries_ + least_outstanding_; }
    [[nodiscard]] std::uint64_t at_most() const { return entries_ + most_outstanding_; }
    /// Entries beyond what was requested.
    [[nodiscard]] std::uint64_t surplus() const { return surplus_; }

  private:
    void count(NmiCounts now);

    DeliveryLimits limits_;
    std::uint32_t last_ = 0;
    std::uint64_t entries_ = 0;
    std::uint64_t least_outstanding_ = 0;
    std::uint64_t most_outstanding_ = 0;
    std::uint64_t surplus_ = 0;
};

}  // namespace nmistorm::oracle
