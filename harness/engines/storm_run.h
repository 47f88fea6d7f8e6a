// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "engines/arrivals.h"
#include "engines/churn.h"
#include "engines/idle_wait.h"
#include "engines/observer.h"
#include "engines/phase.h"
#include "engines/relief.h"
#include "engines/slice_control.h"
#include "engines/storm.h"
#include "engines/vcpu_turns.h"
#include "engines/watchdog.h"
#include "guests/kinds.h"
#include "machine/machine.h"
#include "sources/nmi_queue.h"
#include "sources/pacer.h"

namespace nmistorm::engines {

/// One storm: a machine, its NMIs, and the thread that reads what the guest tells, judges it and watches.
/// What the phases are is in engines/storm_phases.cpp.
class StormRun {
  public:
    StormRun(const plan::RunPlan& plan, const image::Image& image, const kvm::System& system,
             const StormHooks& hooks);

    /// Call once.
    StormResult run();

  private:
    [[nodiscard]] std::vector<Phase> phases();
    // The watchdog ends those before inject() if they take too long.
    Phase boot();
    Phase start_last();
    Phase warm_up();
    Phase inject();
    Phase settle();
    Phase finish();

    bool pass(const Phase& phase);
    bool last_through(const Phase& phase);
    void wait(Clock::time_point now, bool busy);
    void look(Clock::time_point now);
    void report(Clock::time_point now) const;
    [[nodiscard]] oracle::Counters counters() const;
    [[nodiscard]] oracle::Totals totals() const;
    [[nodiscard]] bool cut_short();
    [[nodiscard]] bool asked_to_end();

    /// @p cpu has come online or was not started yet.
    [[nodiscard]] bool up(unsigned cpu) const { return guest_->online(cpu) || !machine_.vcpu(cpu).started(); }
    [[nodiscard]] bool handled_any(unsigned cpu) const { return guest_->nmis(cpu).entries != 0; }
    /// No NMI is pending or being handled on @p cpu, and none will come unless one is requested.
    [[nodiscard]] bool settled(unsigned cpu);
    [[nodiscard]] bool at_rest(unsigned cpu);
    /// KVM accepted an NMI for @p cpu that must still be handled.
    [[nodiscard]] bool unanswered(unsigned cpu) const;
    [[nodiscard]] bool covered();

    /// Asks for every vCPU, also after one did not fulfil it: settled() makes each vCPU's thread ask KVM.
    template <typename Predicate>
    [[nodiscard]] bool all_vcpus(Predicate predicate) const {
        bool all = true;
        for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
            all = predicate(cpu) && all;
        }
        return all;
    }

    StormResult result(double duration_s, double ended_s);
    oracle::VcpuObservation observe(unsigned cpu);

    const plan::RunPlan& plan_;
    const image::Image& image_;
    const StormHooks& hooks_;
    const guests::GuestKind& kind_;
    std::unique_ptr<guests::Guest> guest_;
    sources::Sources sources_;  ///< which the queue has taken over, but for those that were left out
    sources::NmiQueue queue_;
    Arrivals arrivals_;
    std::atomic<bool> storming_ = false;   ///< the warm-up is over
    std::optional<sources::Pacer> pacer_;  ///< outlives the vCPUs' threads, which use it
    VcpuTurns turns_;
    machine::Machine machine_;
    Churn churn_;
    Observer observer_;
    Watchdog watchdog_;
    std::optional<IdleWait> idle_;  ///< only where this thread injects
    SliceControl slices_;
    Clock::time_point first_request_{};
    Clock::time_point settled_at_{};
    Clock::time_point next_read_{};
    Clock::time_point next_look_{};
    std::optional<oracle::Stall> stall_;
    Relief relief_;
    bool relieved_ = false;  ///< no NMI is injected until a swap has ended
    Saturation saturation_;
    oracle::Series series_;
    std::uint64_t entered_before_ = 0;  ///< NMIs, before counting began
    bool covered_ = false;
    bool awaits_grace_period_ = false;
    bool settling_ = false;  ///< everything requested is to be handled now
    bool interrupted_ = false;
    bool settled_ = false;
    bool finished_ = false;
};

}  // namespace nmistorm::engines
