// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace nmistorm::oracle {

/// How many NMIs one vCPU may have entered, by KVM's own rules (process_nmi() in arch/x86/kvm/x86.c):
/// queued NMIs merge, so that at most two wait, one while NMIs are masked or one is being injected.
/// So of what is outstanding
///   - at least one remains as long as any was queued and none has been entered since;
///   - at most three remain: one being injected and two waiting.
class DeliveryLedger {
  public:
    /// @p entries: the guest's count of NMI entries now; what happened before is not judged.
    void begin(std::uint32_t entries);

    /// @p nmis are about to be queued at once while the vCPU is outside the guest, where it has entered
    /// @p entries so far (wrapping at 2^32).
    void batch(std::uint32_t entries, std::uint32_t nmis);

    /// The count now, with none queued.
    void settle(std::uint32_t entries) { batch(entries, 0); }

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
