// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/storm.h"

#include <algorithm>

#include "base/error.h"
#include "engines/storm_run.h"
#include "engines/vcpu_ends.h"

namespace nmistorm::engines {
namespace {

using namespace std::chrono_literals;

constexpr auto read_every = 2ms;
constexpr auto look_every = 100ms;

}  // namespace

StormRun::StormRun(const plan::RunPlan& plan, const image::Image& image, const kvm::System& system,
                   const StormHooks& hooks)
    : plan_(plan),
      image_(image),
      hooks_(hooks),
      kind_(guests::kind_of(image)),
      guest_(kind_.boot(system, image, plan)),
      sources_(hooks.sources ? hooks.sources(*guest_) : sources::make_sources(plan.sources, *guest_)),
      queue_({.sources = std::move(sources_.made),
              .vcpus = plan.vcpus,
              .seed = plan.seed,
              .counts = [this](unsigned cpu) { return guest_->nmis(cpu); },
              .before_nmis =
                  [this](unsigned cpu, const kvm::Vcpu& vcpu, std::uint32_t nmis) {
                      if (storming_) {
                          arrivals_.record(cpu, {vcpu.regs().rip}, nmis);
                      }
                  }}),
      arrivals_(plan, image),
      turns_(plan, *guest_, queue_),
      machine_(guest_->vm(), plan.hotplug, turns_, plan.pin),
      churn_(plan, system, guest_->vm(), machine_, queue_, hooks.churn),
      observer_(plan.vcpus, *guest_, hooks.record),
      watchdog_(plan.vcpus),
      slices_(plan, *guest_, turns_) {
    turns_.watch(machine_);
    if (plan.injector == plan::Injector::central) {
        idle_.emplace(plan.vcpus);
    }
}

StormResult StormRun::run() {
    machine_.start();
    const auto started = Clock::now();
    for (const Phase& phase : phases()) {
        if (!pass(phase)) {
            break;
        }
    }
    const auto ended = Clock::now();
    machine_.stop();
    guest_->finish();
    const auto since_begin = [begin = std::max(started, first_request_)](Clock::time_point end) {
        return std::chrono::duration<double>(end - begin).count();
    };
    return result(since_begin(settled_at_ != Clock::time_point{} ? settled_at_ : ended), since_begin(ended));
}

/// Returns false if the run ends with it.
bool StormRun::pass(const Phase& phase) {
    settling_ = phase.settling;
    phase.begin();
    const bool over = last_through(phase);
    phase.leave();
    settling_ = false;
    if (!over || (interrupted_ && phase.interrupt == Phase::Interrupt::ends_run)) {
        return false;
    }
    phase.end();
    return true;
}

/// Returns false if something else than its own end ended it.
bool StormRun::last_through(const Phase& phase) {
    const bool listens = phase.interrupt != Phase::Interrupt::waits;
    while (!phase.over() && !(listens && asked_to_end())) {
        const auto now = Clock::now();
        const bool busy = phase.work(now);
        if (now >= next_read_) {
            guest_->read_facts();
            turns_.release();
            next_read_ = now + read_every;
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

void StormRun::wait(Clock::time_point now, bool busy) {
    if (!idle_) {
        if (turns_.wakeup().sleep(next_read_)) {
            next_read_ = now;
        }
    } else if (busy) {
        idle_->busy(now);
    } else {
        idle_->wait(now);
    }
}

bool StormRun::covered() {
    covered_ = saturation_.look(arrivals_.reached(), arrivals_.instructions(), Clock::now() - first_request_);
    return covered_;
}

bool StormRun::settled(unsigned cpu) {
    if (!queue_.drained(machine_.vcpu(cpu), cpu)) {
        return false;
    }
    const oracle::NmiCounts nmis = guest_->nmis(cpu);  // after KVM's answer, or an NMI may come in between
    return nmis.exits == nmis.entries;
}

void StormRun::look(Clock::time_point now) {
    guest_->read_counters();
    std::vector<Heartbeat> heartbeats(machine_.vcpus());
    for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
        const oracle::Counters& counters = guest_->counters(cpu);
        heartbeats[cpu] = {.online = up(cpu),
                           .cpu_time = machine_.cpu_time(cpu),
                           .waited = machine_.waited_for_cpu(cpu),
                           .entries = counters.nmi_entries,
                           .exits = counters.nmi_exits,
                           .swaps = counters.swaps,
                           .nmi_outstanding = unanswered(cpu),
                           .unsettled = settling_ && !at_rest(cpu)};
    }
    relieved_ = relief_.look(heartbeats[plan::updater_vcpu].swaps, heartbeats[plan::updater_vcpu].cpu_time);
    turns_.relieve(relieved_);
    watchdog_.expect_swaps(pacer_ || awaits_grace_period_);
    stall_ = watchdog_.look(now, heartbeats);
    if (stall_ && stall_->what == oracle::Stall::What::swap && observer_.in_grace_period()) {
        stall_->what = oracle::Stall::What::grace_period;
    }
    if (pacer_) {
        series_.look(std::chrono::duration<double>(now - first_request_).count(), totals());
    }
    report(now);
}

bool StormRun::unanswered(unsigned cpu) const {
    return pacer_ && pacer_->requested(cpu) != 0 && queue_.idle(cpu) && !pacer_->answered(cpu);
}

bool StormRun::at_rest(unsigned cpu) {
    return handled_any(cpu) && settled(cpu) && (!pacer_ || pacer_->answered(cpu));
}

oracle::Counters StormRun::counters() const {
    oracle::Counters total;
    for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
        total += guest_->counters(cpu);
    }
    return total;
}

/// By events if there are any, as in the report; NMIs by the counters, which are ahead of the events.
oracle::Totals StormRun::totals() const {
    const oracle::Counters total = counters();
    const std::uint64_t handled = total.nmi_entries - entered_before_;
    if (plan_.observe == plan::Observe::events) {
        const oracle::Tally& tally = observer_.judge().tally();
        return {.handled = handled,
                .swaps = tally.swaps,
                .overlaps = tally.overlaps,
                .grace_periods = tally.grace_periods,
                .grace_period_ticks = tally.grace_period_ticks};
    }
    return {.handled = handled,
            .swaps = total.swaps,
            .overlaps = total.overlaps,
            .grace_periods = total.grace_periods,
            .grace_period_ticks = {}};
}

void StormRun::report(Clock::time_point now) const {
    if (hooks_.requests && pacer_) {
        hooks_.requests(queue_.accounts());
    }
    if (!hooks_.status || !pacer_) {
        return;
    }
    const oracle::Counters total = counters();
    const double elapsed_s = std::chrono::duration<double>(now - first_request_).count();
    hooks_.status({.elapsed_s = elapsed_s,
                   .handled = total.nmi_exits,
                   .swaps = total.swaps,
                   .grace_periods = total.grace_periods,
                   .overlaps = total.overlaps,
                   .findings = observer_.judge().violated() ? 1U : 0U,
                   .left = interrupted_ ? std::nullopt : time_left(plan_, elapsed_s, pacer_->requests())});
}

bool StormRun::cut_short() {
    return stall_ || observer_.judge().violated() || !guest_->malformed().empty() ||
           !all_vcpus([this](unsigned cpu) { return !machine_.vcpu(cpu).ended(); });
}

bool StormRun::asked_to_end() {
    interrupted_ = interrupted_ || (hooks_.interrupted && hooks_.interrupted());
    return interrupted_;
}

StormResult StormRun::result(double duration_s, double ended_s) {
    StormResult result;
    result.duration_s = duration_s;
    result.ended_s = ended_s;
    result.tsc_khz = guest_->vm().tsc_khz();
    result.interrupted = interrupted_;
    result.slices = turns_.slices();
    result.stopped_for = churn_.stopped_for();
    result.holds = turns_.holds();
    if (pacer_) {
        series_.end(ended_s, totals());
        result.series = series_.intervals();
    }
    oracle::Observation& observation = result.observation;
    observation.plan = plan_;
    observation.limits = kind_.limits(plan_);
    observation.left_out = sources_.left_out;
    if (pacer_) {
        observation.sources = queue_.accounts();
    }
    observation.churns = churn_.replaced();
    observation.settled = settled_;
    observation.finished = finished_;
    observation.events_lost = guest_->events_lost();
    observation.malformed = guest_->malformed();
    observation.arrivals = arrivals_.result();
    observation.covered = covered_;
    result.samples = guest_->samples();
    for (const auto& [ip, count] : result.samples) {
        observation.samples += count;
    }
    observation.samples_lost = guest_->samples_lost();
    const std::vector<unsigned> targets = plan::target_vcpus(plan_);
    for (unsigned cpu = 0; cpu < machine_.vcpus(); ++cpu) {
        const machine::VcpuThread& thread = machine_.vcpu(cpu);
        thread.rethrow();
        observation.vcpus.push_back(observe(cpu));
        observation.vcpus.back().target = std::ranges::binary_search(targets, cpu);
        if (thread.exit()) {
            observation.fatal_exits.push_back(guest_->fatal_exit(cpu, *thread.exit(), thread.final_ip()));
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
    if (!result.findings.empty()) {
        try {
            result.ends = vcpu_ends(*guest_, machine_, image_, observation.fatal_exits);
        } catch (const Error&) {  // KVM refuses to show its registers: the findings matter more
        }
    }
    return result;
}

oracle::VcpuObservation StormRun::observe(unsigned cpu) {
    oracle::VcpuObservation seen;
    seen.counters = guest_->counters(cpu);
    if (pacer_) {
        seen.delivery = queue_.delivery(cpu);
        seen.delivery.requested = pacer_->requested(cpu);
    }
    seen.delivery.kvm_injections = machine_.nmi_injections(cpu);
    return seen;
}

StormResult storm(const plan::RunPlan& plan, const image::Image& image, const kvm::System& system,
                  const StormHooks& hooks) {
    StormResult result = StormRun(plan, image, system, hooks).run();
    locate(result.findings, [&image](GuestVirt at) { return image.describe(at); });
    return result;
}

}  // namespace nmistorm::engines
