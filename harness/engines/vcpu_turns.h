// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <random>
#include <vector>

#include "base/clock.h"
#include "base/wakeup.h"
#include "guests/guest.h"
#include "machine/machine.h"
#include "oracle/histogram.h"
#include "plan/run_plan.h"
#include "sources/pacer.h"

namespace nmistorm::engines {

/// What each vCPU's thread does between two KVM_RUNs of a storm. It injects the NMIs that are due for its own
/// vCPU, lets the guest run for a slice, and holds the vCPU while the host has many of its events to read.
class VcpuTurns final : public machine::RunHook {
  public:
    /// All must outlive this object.
    VcpuTurns(const plan::RunPlan& plan, const guests::Guest& guest, sources::NmiQueue& queue);

    /// Call once, before a vCPU starts. @p machine must outlive the vCPUs' threads.
    void watch(machine::Machine& machine) { machine_ = &machine; }
    /// From now on each vCPU's thread injects what @p pacer says; null: nothing more. A turn that has begun
    /// may still inject; NmiQueue::forget() and drained() tell when it has ended.
    void inject(sources::Pacer* pacer);
    /// True: inject nothing for the time being.
    void relieve(bool relieved) { relieved_.store(relieved); }
    /// Slices on @p cpu are to have this length on average.
    void set_slice(unsigned cpu, std::chrono::nanoseconds length);

    machine::Turn before_run(unsigned cpu, kvm::Vcpu& vcpu) override;

    /// Lets the held vCPUs look again. Call it after reading events.
    void release();
    /// Tells the thread that reads events that a vCPU is held.
    [[nodiscard]] Wakeup& wakeup() { return wakeup_; }

    // After the vCPUs' threads have ended:

    /// How often a vCPU was held.
    [[nodiscard]] std::uint64_t holds() const;
    /// How long the slices were to be, in nanoseconds.
    [[nodiscard]] oracle::Histogram slices() const;

  private:
    /// On cache lines of its own, since each vCPU's thread writes it at every turn.
    struct alignas(64) PerVcpu {
        std::mt19937_64 random;
        std::atomic<std::int64_t> length{};
        Clock::time_point slice_ends{};
        std::atomic<bool> held = false;
        std::uint64_t holds = 0;
        oracle::Histogram slices;
    };
    static std::chrono::nanoseconds draw(PerVcpu& mine);
    std::chrono::nanoseconds inject(unsigned cpu, kvm::Vcpu& vcpu, sources::Pacer& pacer);

    const plan::RunPlan& plan_;
    const guests::Guest& guest_;
    sources::NmiQueue& queue_;
    machine::Machine* machine_ = nullptr;
    std::atomic<sources::Pacer*> pacer_ = nullptr;
    std::atomic<bool> relieved_ = false;
    std::vector<PerVcpu> vcpus_;
    Wakeup wakeup_;
};

}  // namespace nmistorm::engines
