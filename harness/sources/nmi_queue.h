// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <vector>

#include "machine/vcpu_thread.h"
#include "oracle/delivery_ledger.h"
#include "oracle/observation.h"
#include "sources/nmi_source.h"

namespace nmistorm::sources {

/// The requests for NMIs to each vCPU. It has the sources make them, each NMI by one of them at random, and
/// keeps account. Only one thread at a time requests NMIs for a vCPU.
///
/// A vCPU's thread makes the NMIs of its vCPU between two KVM_RUNs, so that it is known where the vCPU is
/// then. The NMIs that another thread requests of an AnyThreadSource are made at once instead, while the vCPU
/// runs. NMIs of a source whose comes_later() do so whoever makes them.
class NmiQueue final : public machine::RunHook {
  public:
    struct Setup {
        std::vector<NamedSource> sources;  ///< at least one
        unsigned vcpus = 0;
        std::uint64_t seed = 0;
        /// What the guest has counted. Any thread may call it.
        std::function<oracle::NmiCounts(unsigned cpu)> counts;
        /// Called on the vCPU's thread, outside the guest, before NMIs are made, @p nmis of which reach KVM
        /// there; may be empty.
        std::function<void(unsigned cpu, const kvm::Vcpu& vcpu, std::uint32_t nmis)> before_nmis = {};
    };
    explicit NmiQueue(Setup setup);

    /// Makes @p nmis NMIs. Called on the vCPU's thread, outside the guest.
    void make(unsigned cpu, kvm::Vcpu& vcpu, std::uint32_t nmis);

    /// Has @p nmis NMIs made, soon or at once. Any thread but the vCPU's may call this.
    void request(machine::VcpuThread& thread, unsigned cpu, std::uint32_t nmis);

    /// How many requested NMIs have not reached KVM yet; idle() if none.
    [[nodiscard]] std::uint32_t waiting(unsigned cpu) const;
    [[nodiscard]] bool idle(unsigned cpu) const { return waiting(cpu) == 0; }

    /// Returns true if KVM has no NMI on its way to the vCPU and the guest is handling none. Poll it: if it
    /// is not known, the call makes the vCPU's thread ask KVM.
    [[nodiscard]] bool drained(machine::VcpuThread& thread, unsigned cpu);

    /// The next drained() is true only after the vCPU's thread has asked KVM once more.
    void forget(unsigned cpu) { vcpus_[cpu].outstanding.store(Outstanding::unknown); }

    /// Has every source leave the VM, or enter the one that has replaced it; see NmiSource.
    void leave_vm();
    void enter_vm();

    /// Makes what was requested.
    machine::Turn before_run(unsigned cpu, kvm::Vcpu& vcpu) override;

    /// The accounts begin here. Call it while nothing is requested.
    void begin_counting(unsigned cpu);
    /// How many NMIs KVM accepted.
    [[nodiscard]] std::uint64_t accepted(unsigned cpu) const;

    // When no vCPU runs:

    /// Of the NMIs of @p cpu. `requested` and `kvm_injections` are not the queue's and are left as they are.
    [[nodiscard]] oracle::Delivery delivery(unsigned cpu);
    /// Of each source, on all vCPUs.
    [[nodiscard]] std::vector<oracle::SourceAccount> accounts() const;

  private:
    /// KVM's last answer. A request makes it unknown.
    enum class Outstanding { unknown, asked, answering, none };

    struct PerSource {
        std::atomic<std::uint32_t> waiting = 0;
        std::atomic<std::uint64_t> requested = 0;
        std::atomic<std::uint64_t> accepted = 0;
    };
    /// On cache lines of its own, since each vCPU's thread writes it at every NMI.
    struct alignas(64) PerVcpu {
        std::vector<PerSource> sources;
        std::atomic<Outstanding> outstanding = Outstanding::none;
        std::mt19937_64 random;  ///< of the thread that requests
        std::mutex making;       ///< held while NMIs are made, and for the ledger
        oracle::DeliveryLedger ledger;
    };
    [[nodiscard]] std::size_t draw(PerVcpu& mine) const;
    void make_here(unsigned cpu, kvm::Vcpu& vcpu, const std::vector<std::uint32_t>& by_source);
    void make_while_running(unsigned cpu, std::size_t which, std::uint32_t nmis);

    [[nodiscard]] std::uint32_t under_way(unsigned cpu) const;

    const Setup setup_;
    const bool come_later_;  ///< the NMIs of some source
    std::vector<PerVcpu> vcpus_;
};

}  // namespace nmistorm::sources
