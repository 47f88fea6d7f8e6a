// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/storm.h"

#include <algorithm>
#include <atomic>
#include <optional>

#include "base/clock.h"
#include "drive/arrivals.h"
#include "drive/fatal_exit.h"
#include "drive/idle_wait.h"
#include "drive/observer.h"
#include "drive/relief.h"
#include "drive/slice_control.h"
#include "drive/vcpu_turns.h"
#include "drive/watchdog.h"
#include "inject/kvm_nmi.h"
#include "inject/pacer.h"
#include "machine/machine.h"
#include "oracle/delivery_ledger.h"

namespace nmistorm::drive {
namespace {

using namespace std::chrono_literals;

constexpr auto drain_every = 2ms;
constexpr auto look_every = 100ms;

machine::GuestParameters parameters(const plan::RunPlan& plan) {
    return {.vcpus = plan.vcpus,
            .cycle = plan.cycle,
            .handlers = plan.handlers,
            .events = plan.observe == plan::Observe::events,
            .seed = static_cast<std::uint32_t>(plan.seed ^ plan.seed >> 32),
            .hotplug = plan.hotplug};
}

class Storm {
  public:
    Storm(const plan::RunPlan& plan, const image::Image& image, const kvm::System& system,
          const StormHooks& hooks)
        : plan_(plan),
          hooks_(hooks),
          ledgers_(plan.vcpus),
          arrivals_(plan, image),
          source_(plan.vcpus,
                  [this](unsigned cpu, const kvm::Vcpu& vcpu, std::uint32_t nmis) {
                      ledgers_[cpu].batch(counts(cpu), nmis);
                      if (storming_) {
                          arrivals_.record(cpu, {vcpu.regs().rip}, nmis);
                      }
                  }),
          turns_(plan, source_),
          machine_(system, image, parameters(plan), turns_),
          observer_(plan, machine_, hooks.record),
          watchdog_(plan.vcpus),
          slices_(plan, machine_, turns_),
          accepted_before_(plan.vcpus) {
        turns_.watch(machine_);
        if (plan.injector == plan::Injector::central) {
            idle_.emplace(plan.vcpus);
        }
    }

    StormResult run() {
        machine_.start();
        const auto started = Clock::now();
        if (boot() && start_last() && warm_up()) {
            storm();
        }
        const auto ended = Clock::now();
        machine_.stop();
        observer_.finish();
        const auto since_begin = [begin = std::max(started, first_request_)](Clock::time_point end) {
            return std::chrono::duration<double>(end - begin).count();
        };
        return result(since_begin(settled_at_ != Clock::time_point{} ? settled_at_ : ended),
                      since_begin(ended));
    }

  private:
    /// Runs until @p over returns true. Returns false if something else ended the run before.
    template <typename Over, typename Work>
    bool until(Over over, Work work) {
        while (!over()) {
            const auto now = Clock::now();
            const bool busy = work(now);
            if (now >= next_drain_) {
                observer_.drain();
                turns_.release();
                next_drain_ = now + drain_every;
            }
            if (now >= next_look_) {
                next_look_ = now + look_every;
                look(now);
            }
            if (cut_short()) {
                return false;
            }
            wait(now, busy);
        }
        return true;
    }
    void wait(Clock::time_point now, bool busy) {
        if (!idle_) {
            if (turns_.wakeup().sleep(next_drain_)) {
                next_drain_ = now;
            }
        } else if (busy) {
            idle_->busy(now);
        } else {
            idle_->wait(now);
        }
    }
    template <typename Over>
    bool until(Over over) {
        return until(over, [](Clock::time_point) { return false; });
    }

    // The watchdog ends the first three phases if they take too long.

    bool boot() {
        return until([this] {
                   return asked_to_end() || all_vcpus([this](unsigned cpu) { return up(cpu); });
               }) &&
               !interrupted_;
    }

    /// With --hotplug, starts the last vCPU while swaps continue: during a grace period, as far as the host
    /// can see one, or after so many swaps that it is clear that it sees none.
    bool start_last() {
        constexpr std::uint32_t swaps_enough = 16;
        if (!plan_.hotplug) {
            return true;
        }
        const abi::Counters& updater = machine_.cpu_page(plan::updater_vcpu).counters;
        const auto now = [&] {
            return observer_.in_grace_period() || machine::load(updater.swaps) >= swaps_enough;
        };
        awaits_grace_period_ = true;
        if (!until([&] { return asked_to_end() || now(); }) || interrupted_) {
            return false;
        }
        awaits_grace_period_ = false;
        machine_.start_last();
        return boot();
    }

    /// Sends one NMI to each vCPU before counting, so that all pages that the delivery accesses are mapped.
    /// TCG's emulated SVM loses an NMI whose delivery faults in nested paging: if none came and none is
    /// pending, it sends another.
    bool warm_up() {
        settling_ = true;
        const bool all = until(
            [this] {
                return asked_to_end() ||
                       all_vcpus([this](unsigned cpu) { return entries(cpu) != 0 && settled(cpu); });
            },
            [this](Clock::time_point) {
                for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
                    if (entries(cpu) == 0 && settled(cpu)) {
                        source_.request(machine_.vcpu(cpu), cpu, 1);
                    }
                }
                return false;
            });
        settling_ = false;
        for (unsigned cpu = 0; all && cpu < machine_.vcpus(); ++cpu) {
            accepted_before_[cpu] = source_.accepted(cpu);
            ledgers_[cpu].begin(counts(cpu));
        }
        return all && !interrupted_;
    }

    /// @p cpu has come online or was not started yet.
    [[nodiscard]] bool up(unsigned cpu) const {
        return machine::load(machine_.cpu_page(cpu).state) != abi::CpuState::offline ||
               !machine_.vcpu(cpu).started();
    }

    void storm() {
        pacer_.emplace(plan_, machine_, source_);
        storming_ = true;
        first_request_ = Clock::now();
        const auto over = [this] {
            return pacer_->exhausted() || (plan_.until_covered && covered()) ||
                   (plan_.duration && Clock::now() - first_request_ >= *plan_.duration) || asked_to_end();
        };
        if (!inject_until(over)) {
            return;
        }
        settling_ = true;
        settled_ = until([this] {
            return pacer_->answered() && all_vcpus([this](unsigned cpu) { return settled(cpu); });
        });
        settling_ = false;
        settled_at_ = Clock::now();
        if (!settled_) {
            return;
        }
        machine_.ask_to_finish();
        watchdog_.expect_end();
        finished_ = until([this] {
            return machine::load(machine_.cpu_page(plan::updater_vcpu).state) == abi::CpuState::done;
        });
    }

    [[nodiscard]] bool covered() {
        covered_ =
            saturation_.look(arrivals_.reached(), arrivals_.instructions(), Clock::now() - first_request_);
        return covered_;
    }

    template <typename Over>
    bool inject_until(Over over) {
        if (plan_.injector == plan::Injector::central) {
            return until(over, [this](Clock::time_point now) { return !relieved_ && pacer_->poll(now); });
        }
        turns_.inject(&*pacer_);
        const bool all = until(over, [this](Clock::time_point now) {
            slices_.tune(now);
            return false;
        });
        turns_.inject(nullptr);
        return all;
    }

    /// No NMI is pending or being handled on @p cpu, and none will come unless one is requested.
    [[nodiscard]] bool settled(unsigned cpu) {
        const abi::Counters& counters = machine_.cpu_page(cpu).counters;
        return source_.drained(machine_.vcpu(cpu), cpu) &&
               machine::load(counters.nmi_exits) == machine::load(counters.nmi_entries);
    }

    void look(Clock::time_point now) {
        observer_.sample();
        std::vector<Heartbeat> heartbeats(machine_.vcpus());
        for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
            const oracle::Counters& counters = observer_.counters(cpu);
            heartbeats[cpu] = {.online = up(cpu),
                               .cpu_time = machine_.vcpu(cpu).cpu_time(),
                               .waited = machine_.vcpu(cpu).waited_for_cpu(),
                               .entries = counters.nmi_entries,
                               .exits = counters.nmi_exits,
                               .swaps = counters.swaps,
                               .nmi_outstanding = unanswered(cpu),
                               .unsettled = settling_ && !at_rest(cpu)};
        }
        relieved_ =
            relief_.look(heartbeats[plan::updater_vcpu].swaps, heartbeats[plan::updater_vcpu].cpu_time);
        turns_.relieve(relieved_);
        watchdog_.expect_swaps(pacer_ || awaits_grace_period_);
        stall_ = watchdog_.look(now, heartbeats);
        if (stall_ && stall_->what == oracle::Stall::What::swap && observer_.in_grace_period()) {
            stall_->what = oracle::Stall::What::grace_period;
        }
        report(now);
    }

    /// KVM accepted an NMI for @p cpu that must still be handled.
    [[nodiscard]] bool unanswered(unsigned cpu) const {
        return pacer_ && pacer_->requested(cpu) != 0 && source_.idle(cpu) && !pacer_->answered(cpu);
    }

    [[nodiscard]] bool at_rest(unsigned cpu) {
        return entries(cpu) != 0 && settled(cpu) && (!pacer_ || pacer_->answered(cpu));
    }

    void report(Clock::time_point now) const {
        if (!hooks_.status || !pacer_) {
            return;
        }
        const oracle::Counters total = observer_.total();
        hooks_.status({.elapsed_s = std::chrono::duration<double>(now - first_request_).count(),
                       .handled = total.nmi_exits,
                       .swaps = total.swaps,
                       .grace_periods = total.grace_periods,
                       .overlaps = total.overlaps,
                       .findings = observer_.judge().violated() ? 1U : 0U});
    }

    [[nodiscard]] bool cut_short() {
        return stall_ || observer_.judge().violated() || !observer_.malformed().empty() ||
               !all_vcpus([this](unsigned cpu) { return !machine_.vcpu(cpu).ended(); });
    }

    [[nodiscard]] bool asked_to_end() {
        interrupted_ = interrupted_ || (hooks_.interrupted && hooks_.interrupted());
        return interrupted_;
    }

    /// Asks for every vCPU, also after one did not fulfil it: settled() makes each vCPU's thread ask KVM.
    template <typename Predicate>
    [[nodiscard]] bool all_vcpus(Predicate predicate) const {
        bool all = true;
        for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
            all = predicate(cpu) && all;
        }
        return all;
    }

    [[nodiscard]] std::uint32_t entries(unsigned cpu) const {
        return machine::load(machine_.cpu_page(cpu).counters.nmi_entries);
    }

    /// @p cpu must be outside the guest, or the two counts are from different times.
    [[nodiscard]] oracle::NmiCounts counts(unsigned cpu) const {
        return {.entries = entries(cpu), .exits = machine::load(machine_.cpu_page(cpu).counters.nmi_exits)};
    }

    StormResult result(double duration_s, double ended_s) {
        StormResult result;
        result.duration_s = duration_s;
        result.ended_s = ended_s;
        result.tsc_khz = machine_.tsc_khz();
        result.interrupted = interrupted_;
        result.slices = turns_.slices();
        result.holds = turns_.holds();
        oracle::Observation& observation = result.observation;
        observation.plan = plan_;
        observation.settled = settled_;
        observation.finished = finished_;
        observation.events_lost = observer_.events_lost();
        observation.malformed = observer_.malformed();
        observation.arrivals = arrivals_.result();
        observation.covered = covered_;
        observation.samples = observer_.profile().samples();
        observation.samples_lost = observer_.samples_lost();
        result.profile = observer_.profile();
        const std::vector<unsigned> targets = plan::target_vcpus(plan_);
        for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
            const machine::VcpuThread& thread = machine_.vcpu(cpu);
            thread.rethrow();
            observation.vcpus.push_back(observe(cpu));
            observation.vcpus.back().target = std::ranges::binary_search(targets, cpu);
            if (thread.exit()) {
                observation.fatal_exits.push_back(
                    fatal_exit(cpu, *thread.exit(), thread.final_ip(), machine_.cpu_page(cpu)));
            }
        }
        if (stall_) {
            const machine::VcpuThread& thread = machine_.vcpu(stall_->vcpu);
            stall_->ip = thread.final_ip().value;
            if (stall_->what == oracle::Stall::What::delivery && thread.final_nmi_masked()) {
                stall_->what = oracle::Stall::What::handler;  // the guest masks NMIs, so KVM may not deliver
            }
            observation.stalls.push_back(*stall_);
        }
        result.findings = observer_.judge().finish(observation);
        result.tally = observer_.judge().tally();
        return result;
    }

    oracle::VcpuObservation observe(unsigned cpu) {
        oracle::DeliveryLedger& ledger = ledgers_[cpu];
        if (pacer_) {
            ledger.settle(counts(cpu));
        }
        return {
            .state = machine::load(machine_.cpu_page(cpu).state),
            .counters = observer_.counters(cpu),
            .delivery = {.requested = pacer_ ? pacer_->requested(cpu) : 0,
                         .accepted = pacer_ ? source_.accepted(cpu) - accepted_before_[cpu] : 0,
                         .entries = pacer_ ? ledger.entries() : 0,
                         .at_least = ledger.at_least(),
                         .at_most = ledger.at_most(),
                         .surplus = ledger.surplus(),
                         .kvm_injections = machine_.vcpu(cpu).vcpu().statistics().read("nmi_injections")}};
    }

    const plan::RunPlan& plan_;
    const StormHooks& hooks_;
    std::vector<oracle::DeliveryLedger> ledgers_;  ///< each is used by its vCPU's thread while that runs
    Arrivals arrivals_;
    std::atomic<bool> storming_ = false;  ///< the warm-up is over
    inject::KvmNmi source_;
    std::optional<inject::Pacer> pacer_;  ///< outlives the vCPUs' threads, which use it
    VcpuTurns turns_;
    machine::Machine machine_;
    Observer observer_;
    Watchdog watchdog_;
    std::optional<IdleWait> idle_;  ///< only where this thread injects
    SliceControl slices_;
    std::vector<std::uint64_t> accepted_before_;
    Clock::time_point first_request_{};
    Clock::time_point settled_at_{};
    Clock::time_point next_drain_{};
    Clock::time_point next_look_{};
    std::optional<oracle::Stall> stall_;
    Relief relief_;
    bool relieved_ = false;  ///< no NMI is injected until a swap has ended
    Saturation saturation_;
    bool covered_ = false;
    bool awaits_grace_period_ = false;
    bool settling_ = false;  ///< everything requested is to be handled now
    bool interrupted_ = false;
    bool settled_ = false;
    bool finished_ = false;
};

}  // namespace

StormResult storm(const plan::RunPlan& plan, const image::Image& image, const kvm::System& system,
                  const StormHooks& hooks) {
    StormResult result = Storm(plan, image, system, hooks).run();
    for (oracle::Finding& finding : result.findings) {
        if (finding.at) {
            finding.where = image.describe(*finding.at);
        }
    }
    return result;
}

}  // namespace nmistorm::drive
