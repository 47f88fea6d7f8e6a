// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "plan/names.h"
#include "plan/run_plan.h"

namespace nmistorm::trace {
namespace {

using namespace std::chrono_literals;
namespace fact = oracle::fact;
using Kind = Slices::Kind;

constexpr std::uint64_t ns_per_fact = 1000;
constexpr std::uint64_t ns_between_counts = 100 * ns_per_fact;
constexpr auto between_rates = 100ms;
constexpr unsigned records_between_looks = 64;  // at the clock

constexpr Track process_track = 1;
constexpr Track updater_track = 2;
constexpr Track overlaps_track = 3;
constexpr Track clock_track = 4;
constexpr Track first_lane = 8;
constexpr Track first_source = first_lane + HandlerData::lanes_max;
constexpr Track first_vcpu = first_source + std::size(plan::source_names);
constexpr Track tracks_per_vcpu = 4;

Track track_of(unsigned vcpu) {
    return first_vcpu + vcpu * tracks_per_vcpu;
}
Track rate_track_of(unsigned vcpu) {
    return track_of(vcpu) + 1;
}
Track grace_periods_track_of(unsigned vcpu) {
    return track_of(vcpu) + 2;
}

Track from_idle_track_of(unsigned vcpu) {
    return track_of(vcpu) + 3;
}
Track track_of(plan::Source source) {
    return first_source + static_cast<Track>(source);
}

/// Perfetto's times are signed.
std::uint64_t time_of(std::uint64_t order) {
    return std::min(order, std::numeric_limits<std::int64_t>::max() / ns_per_fact) * ns_per_fact;
}

}  // namespace

Trace::Trace(Subject subject, Packets::Sink sink)
    : subject_(std::move(subject)),
      packets_(std::move(sink)),
      names_(subject_.name_at),
      data_(packets_, updater_track, names_,
            [this](std::size_t lane) {
                packets_.track(first_lane + lane, updater_track, fmt::format("handler data {}", lane + 1),
                               "blocks from kmalloc() to kfree(): published, then retired");
                return first_lane + lane;
            }),
      overlaps_(packets_, overlaps_track, process_track, "overlaps", "handlers", ns_between_counts) {
    packets_.process(process_track, "guest " + subject_.image, subject_.command,
                     {"1 us is one fact: this axis is an order, not a time"});
    packets_.track(updater_track, process_track, "updater",
                   "grace periods and handler data; instants for what has no data");
    overlaps_.set(0);
    if (subject_.clock) {
        packets_.counter(clock_track, process_track, "host's clock when facts were read", "ms");
        began_ = rates_at_ = subject_.clock();
        packets_.count(clock_track, 0);
    }
    vcpus_.reserve(subject_.vcpus);
    for (unsigned vcpu = 0; vcpu < subject_.vcpus; ++vcpu) {
        packets_.thread(track_of(vcpu), vcpu + 1, fmt::format("vCPU {}", vcpu));
        if (subject_.clock) {
            packets_.counter(rate_track_of(vcpu), process_track, fmt::format("vCPU {}: NMIs handled", vcpu),
                             "a second");
        }
        vcpus_.push_back(
            {.track = {packets_, track_of(vcpu), names_},
             .from_idle = {packets_, from_idle_track_of(vcpu), process_track,
                           fmt::format("vCPU {}: NMIs from idle", vcpu), "NMIs", ns_between_counts}});
    }
}

void Trace::take(const oracle::Record& record, const oracle::Judge& judge) {
    look_at_clock();
    std::visit([this](const auto& each) { on(each); }, record);
    if (judge.findings().size() != findings_) {
        findings_ = judge.findings().size();
        show_new(judge.findings());
    }
    overlaps_.set(judge.tally().overlaps);
}

void Trace::end(const End& end) {
    if (subject_.clock) {
        show_rates(subject_.clock());
    }
    overlaps_.finish();
    for (Vcpu& vcpu : vcpus_) {
        vcpu.from_idle.finish();
    }
    requests(end.sources);
    show_new(end.findings);
    if (end.events_lost != 0) {
        packets_.instant(process_track, "trace", fmt::format("{} events lost in all", end.events_lost));
    }
    end_all("unfinished");
    packets_.instant(process_track, "trace", end.interrupted ? "interrupted" : "end", {{"facts", facts_}});
}

void Trace::on(const oracle::Recorded& recorded) {
    const oracle::At& at = recorded.at;
    if (std::exchange(gap_, false)) {
        const std::uint64_t expected = last_ ? *last_ + 1 : 0;
        packets_.advance(time_of(expected));
        packets_.instant(process_track, "trace", "events lost",
                         {{"events", at.order > expected ? at.order - expected : 0}});
    }
    last_ = at.order;
    ++facts_;
    packets_.advance(time_of(at.order));
    Vcpu& vcpu = vcpus_.at(at.vcpu);
    if (const auto* entered = std::get_if<fact::NmiEntered>(&recorded.fact)) {
        ++vcpu.handled;
        if (entered->from_idle || vcpu.from_idle.value() != 0) {
            vcpu.from_idle.set(vcpu.from_idle.value() + (entered->from_idle ? 1 : 0));
        }
    }
    std::visit(
        [&](const auto& what) {
            vcpu.track.take(at, what);
            data_.take(what);
            take(at, what);
        },
        recorded.fact);
}

void Trace::on(const oracle::Gap&) {
    end_all("events_lost");
    gap_ = true;
}

void Trace::on(const oracle::AtRest& rest) {
    vcpus_.at(rest.vcpu).track.instant("trace", "at rest", {{"ip", rest.ip}});
}

void Trace::on(const oracle::FatalExit& exit) {
    vcpus_.at(exit.vcpu).track.instant("trace", "fatal exit",
                                       {{"exit", exit.exit}, {"ip", GuestVirt{exit.ip}}});
}

void Trace::on(const oracle::Deadlock& deadlock) {
    vcpus_.at(deadlock.vcpu).track.instant("trace", "deadlock", {{"ip", deadlock.ip}});
}

void Trace::on(const oracle::Malformed& malformed) {
    vcpus_.at(malformed.vcpu)
        .track.instant("trace", "malformed", {{"what", malformed.sentence}, {"ip", malformed.ip}});
}

void Trace::take(const oracle::At& at, const fact::GracePeriodBegan& began) {
    const std::string name = fmt::format("grace period {}", began.number);
    grace_periods(at.vcpu).begin({Kind::grace_period, at.in_nmi ? 1U : 0U}, "rcu", {name, false});
}

void Trace::take(const oracle::At& at, const fact::GracePeriodEnded& ended) {
    Arguments arguments;
    if (ended.ticks != 0) {
        arguments.push_back({"tsc_ticks", ended.ticks});
    }
    if (!grace_periods(at.vcpu).end(Kind::grace_period, arguments, at.in_nmi ? 1 : 0)) {
        packets_.instant(updater_track, "rcu", "grace period ended, unseen begin",
                         {{"number", std::uint64_t{ended.number}}});
    }
}

void Trace::take(const oracle::At&, const fact::UpdaterDone&) {
    packets_.instant(updater_track, "rcu", "updater done");
}

Slices& Trace::grace_periods(unsigned vcpu) {
    std::optional<Slices>& slices = vcpus_.at(vcpu).grace_periods;
    if (!slices) {
        const Track track = grace_periods_track_of(vcpu);
        packets_.track(
            track, updater_track,
            vcpu == plan::updater_vcpu ? "grace periods" : fmt::format("grace periods of vCPU {}", vcpu),
            "synchronize_sched()");
        slices.emplace(packets_, track);
    }
    return *slices;
}

void Trace::show_new(const std::vector<oracle::Finding>& findings) {
    for (const oracle::Finding& finding : findings) {
        if (shown_.insert(fmt::format("{} {}", oracle::name(finding.rule), finding.detail)).second) {
            show(finding);
        }
    }
}

void Trace::show(const oracle::Finding& finding) {
    const std::string_view rule = oracle::name(finding.rule);
    Arguments arguments{{"rule", std::string(rule)},
                        {"sentence", finding.detail},
                        {"judges", std::string(oracle::name(oracle::judges(finding.rule)))}};
    if (finding.generation) {
        arguments.push_back({"generation", std::uint64_t{*finding.generation}});
    }
    if (finding.at) {
        arguments.push_back({"at", *finding.at});
        arguments.push_back({"in", names_.at(*finding.at)});
    }
    const std::string name = fmt::format("finding: {}", rule);
    if (finding.vcpu && *finding.vcpu < vcpus_.size()) {
        vcpus_[*finding.vcpu].track.instant("finding", name, arguments);
    } else {
        packets_.instant(process_track, "finding", name, arguments);
    }
}

void Trace::nmi_requested(unsigned vcpu) {
    vcpus_.at(vcpu).track.instant("nmi", "NMI requested", {});
}

void Trace::requests(const std::vector<oracle::SourceAccount>& sources) {
    for (const oracle::SourceAccount& account : sources) {
        requests_
            .try_emplace(account.source, packets_, track_of(account.source), process_track,
                         fmt::format("NMIs requested: {}", plan::name(account.source)), "NMIs", 0)
            .first->second.set(account.requested);
    }
}

/// The clock is only looked at now and then, since facts come by the million.
void Trace::look_at_clock() {
    if (!subject_.clock || until_clock_-- > 0) {
        return;
    }
    until_clock_ = records_between_looks;
    if (const auto now = subject_.clock(); now - rates_at_ >= between_rates) {
        show_rates(now);
    }
}

void Trace::show_rates(Clock::time_point now) {
    using Seconds = std::chrono::duration<double>;
    const double seconds = Seconds(now - rates_at_).count();
    packets_.count(clock_track, static_cast<std::uint64_t>((now - *began_) / 1ms));
    for (unsigned vcpu = 0; vcpu < vcpus_.size(); ++vcpu) {
        const auto handled = static_cast<double>(std::exchange(vcpus_[vcpu].handled, 0));
        const auto rate = static_cast<std::uint64_t>(seconds > 0 ? handled / seconds : 0);
        if (std::exchange(vcpus_[vcpu].rate, rate) != rate) {
            packets_.count(rate_track_of(vcpu), rate);
        }
    }
    rates_at_ = now;
}

void Trace::end_all(std::string_view why) {
    for (Vcpu& vcpu : vcpus_) {
        vcpu.track.end_all(why);
        if (vcpu.grace_periods) {
            vcpu.grace_periods->end_all(why);
        }
    }
    data_.end_all(why);
}

}  // namespace nmistorm::trace
