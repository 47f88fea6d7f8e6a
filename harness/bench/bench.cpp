// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/bench.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "base/error.h"
#include "bench/injection.h"
#include "engines/storm.h"
#include "guests/kinds.h"
#include "report/figures.h"
#include "report/run_report.h"
#include "sources/nmi_source.h"

namespace nmistorm::bench {
namespace {

using std::chrono::nanoseconds;

double seconds(nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

std::uint64_t since(Clock::time_point begin) {
    return static_cast<std::uint64_t>(nanoseconds(Clock::now() - begin).count());
}

using Interrupted = std::function<bool()>;

/// Time for a vCPU to halt again.
constexpr auto until_halted = std::chrono::microseconds(100);

/// Returns the NMIs a second. A vCPU that is to be @p halted gets time for that, which does not count.
double lockstep(Injection& injection, bool halted, nanoseconds duration, const Interrupted& interrupted,
                Latency& latency) {
    std::uint64_t nmis = 0;
    Clock::duration waited{};
    const auto begin = Clock::now();
    do {
        if (halted) {
            const auto wait = Clock::now();
            injection.await([&] { return Clock::now() - wait > until_halted; }, "time stands still");
            waited += Clock::now() - wait;
        }
        const oracle::NmiCounts before = injection.nmis();
        const auto requested = Clock::now();
        injection.request();
        injection.await([&] { return injection.nmis().entries != before.entries; }, "an NMI was not entered");
        latency.entry.record(since(requested));
        injection.await([&] { return injection.nmis().exits != before.exits; }, "an NMI was not left");
        latency.exit.record(since(requested));
        ++nmis;
    } while (Clock::now() - begin < duration && !interrupted());
    return report::per_second(nmis, seconds(Clock::now() - begin - waited));
}

/// Returns the NMIs a second. Each is requested when the one before was entered: one is handled and one is
/// pending, which KVM does not merge.
double pipelined(Injection& injection, nanoseconds duration, const Interrupted& interrupted) {
    const oracle::NmiCounts before = injection.nmis();
    const auto begin = Clock::now();
    std::uint32_t nmis = 0;
    do {
        injection.await([&] { return injection.nmis().entries - before.entries == nmis; },
                        "an NMI was not entered");
        injection.request();
        injection.await([&] { return injection.taken(); }, "KVM did not get an NMI");
        ++nmis;
    } while (Clock::now() - begin < duration && !interrupted());
    injection.await([&] { return injection.nmis().exits - before.exits == nmis; }, "an NMI was not left");
    return report::per_second(nmis, seconds(Clock::now() - begin));
}

/// The figures of one side in each round.
struct Side {
    std::vector<double> lockstep;
    std::vector<double> pipelined;
    Latency latency;

    void measure(Injection& injection, bool halted, nanoseconds duration, const Interrupted& interrupted) {
        lockstep.push_back(bench::lockstep(injection, halted, duration, interrupted, latency));
        pipelined.push_back(bench::pipelined(injection, duration, interrupted));
    }
};

/// One storm. Returns its grace periods; nothing if there was none.
std::optional<report::GracePeriodTimes> grace_periods(const plan::RunPlan& plan, const image::Image& image,
                                                      const kvm::System& system,
                                                      const Interrupted& interrupted, double& nmis_per_s) {
    engines::StormResult result =
        engines::storm(plan, image, system, {.status = {}, .interrupted = interrupted});
    if (oracle::outcome(result.findings) == oracle::Outcome::violation) {
        throw Error(
            fmt::format("a storm of the benchmark broke the rule {}: {}; look for it with 'nmistorm "
                        "storm --arch {} --vcpus {} --seed {}'",
                        oracle::name(result.findings.front().rule), result.findings.front().detail,
                        plan::name(plan.arch), plan.vcpus, plan.seed));
    }
    report::RunReport report;
    report.observation = std::move(result.observation);
    report.tally = result.tally;
    report.tsc_khz = result.tsc_khz;
    nmis_per_s = report::per_second(report::nmi_totals(report.observation).handled, result.duration_s);
    return report::grace_period_times(report);
}

class Bench {
  public:
    Bench(const plan::BenchPlan& plan, const image::Image& image, const kvm::System& system,
          const BenchHooks& hooks)
        : plan_(plan), image_(image), system_(system), hooks_(hooks) {}

    Figures measure() {
        system_.require_vcpus(plan_.vcpus);
        std::vector<Target> targets;
        for (const plan::Source source : usable_sources()) {
            targets.push_back({source, false});
            targets.push_back({source, true});
        }
        std::vector<unsigned> machines;
        for (unsigned vcpus = 2; vcpus <= plan_.vcpus; vcpus *= 2) {
            machines.push_back(vcpus);
        }
        status_.all = static_cast<unsigned>(targets.size() + machines.size()) * plan_.rounds;
        for (const Target& target : targets) {
            status_.now = fmt::format("{}, {}", plan::name(target.source), target.state());
            measure_nmis(target);
        }
        for (const unsigned vcpus : machines) {
            status_.now = fmt::format("grace periods, {} vCPUs", vcpus);
            measure_grace_periods(vcpus);
        }
        return std::move(figures_);
    }

  private:
    /// The user asked for the end, so what was measured last is not whole.
    bool was_cut_short() {
        figures_.interrupted = figures_.interrupted || hooks_.interrupted();
        return figures_.interrupted;
    }

    /// Another round, unless the user asked for the end.
    bool goes_on() {
        if (!was_cut_short()) {
            hooks_.status(status_);
            ++status_.done;
        }
        return !figures_.interrupted;
    }

    /// Those that this host has, as in a storm.
    std::vector<plan::Source> usable_sources() {
        plan::RunPlan run;
        run.arch = plan_.arch;
        run.sources = plan_.sources;
        const auto guest = guests::kind_of(image_).boot(system_, image_, run);
        const sources::Sources sources = sources::make_sources(plan_.sources, *guest);
        figures_.left_out = sources.left_out;
        std::vector<plan::Source> usable;
        for (const sources::NamedSource& each : sources.made) {
            usable.push_back(each.name);
        }
        return usable;
    }

    void measure_nmis(const Target& target) {
        Side harness;
        Side floor;
        for (unsigned round = 0; round < plan_.rounds && goes_on(); ++round) {
            Side harness_now = harness;
            Side floor_now = floor;
            for (const bool first : {true, false}) {
                if (first == (round % 2 == 0)) {
                    harness_now.measure(*make_central(system_, image_, plan_, target), target.halted,
                                        plan_.duration, hooks_.interrupted);
                } else {
                    floor_now.measure(*make_floor(system_, image_, plan_, target), target.halted,
                                      plan_.duration, hooks_.interrupted);
                }
            }
            if (was_cut_short()) {
                break;
            }
            harness = harness_now;
            floor = floor_now;
        }
        if (harness.pipelined.empty()) {
            return;
        }
        figures_.nmis.push_back({.target = target,
                                 .lockstep = compare(harness.lockstep, floor.lockstep),
                                 .pipelined = compare(harness.pipelined, floor.pipelined),
                                 .harness = harness.latency,
                                 .floor = floor.latency});
    }

    void measure_grace_periods(unsigned vcpus) {
        plan::RunPlan storm;
        storm.arch = plan_.arch;
        storm.vcpus = vcpus;
        storm.duration = 5 * plan_.duration;  // so that the grace periods of its boot hardly count
        storm.pin = plan_.pin;
        plan::RunPlan calm = storm;
        calm.pace = {plan::Pace::Kind::rate, 1};  // hardly one NMI
        std::vector<double> p50[2];
        std::vector<double> p99[2];
        std::vector<double> rates;
        for (unsigned round = 0; round < plan_.rounds && goes_on(); ++round) {
            storm.seed = calm.seed = round;
            double rate = 0;
            double no_rate = 0;
            const auto with = grace_periods(storm, image_, system_, hooks_.interrupted, rate);
            const auto without = grace_periods(calm, image_, system_, hooks_.interrupted, no_rate);
            if (was_cut_short()) {
                break;
            }
            rates.push_back(rate);
            if (with && without) {
                p50[0].push_back(with->p50);
                p50[1].push_back(without->p50);
                p99[0].push_back(with->p99);
                p99[1].push_back(without->p99);
            }
        }
        if (rates.empty()) {
            return;
        }
        figures_.grace_periods.push_back({.vcpus = vcpus,
                                          .p50_us = compare(p50[0], p50[1]),
                                          .p99_us = compare(p99[0], p99[1]),
                                          .nmis_per_s = spread_of(rates)});
    }

    const plan::BenchPlan& plan_;
    const image::Image& image_;
    const kvm::System& system_;
    const BenchHooks& hooks_;
    BenchStatus status_;
    Figures figures_;
};

}  // namespace

Figures measure(const plan::BenchPlan& plan, const image::Image& image, const kvm::System& system,
                const BenchHooks& hooks) {
    return Bench(plan, image, system, hooks).measure();
}

}  // namespace nmistorm::bench
