// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/judge.h"

namespace nmistorm::oracle {

Judge::State::State(unsigned vcpus)
    : world(vcpus),
      rules(rules::Count(vcpus), rules::GracePeriod(vcpus), rules::Reclaim(vcpus), rules::Publish(vcpus),
            rules::Freshness(vcpus), rules::Allocation(vcpus), rules::Delivery(vcpus), rules::Nesting(vcpus),
            rules::Progress(vcpus), rules::AbiConformance(vcpus), rules::Coverage(vcpus)) {}

void Judge::take(const At& at, const Fact& fact) {
    sink_.seen(at, fact);
    const rules::Context context{state_.world, at, sink_};
    std::visit(
        [&](const auto& what) {
            for_each_able(state_.rules,
                          [&](auto& rule) -> decltype(rule.on(what, context)) { rule.on(what, context); });
            tally_.count(what, state_.world);
            state_.world.apply(at, what);
        },
        fact);
}

void Judge::gap() {
    for_each_able(state_.rules, [](auto& rule) -> decltype(rule.gap()) { rule.gap(); });
    state_.world.gap();
}

void Judge::sample(unsigned vcpu, const Counters& counters) {
    for_each_able(state_.rules, [&](auto& rule) -> decltype(rule.sample(vcpu, counters, sink_)) {
        rule.sample(vcpu, counters, sink_);
    });
}

void Judge::take(const Record& record) {
    if (const auto* recorded = std::get_if<Recorded>(&record)) {
        take(recorded->at, recorded->fact);
    } else if (const auto* sampled = std::get_if<Sample>(&record)) {
        sample(sampled->vcpu, sampled->counters);
    } else {
        gap();
    }
}

void Judge::at_rest(unsigned vcpu, GuestVirt ip, const Counters& counters) {
    std::get<rules::Count>(state_.rules).at_rest(vcpu, ip, counters, sink_);
}

void Judge::fatal_exit(const FatalExit& fatal_exit) {
    rules::Progress::judge(fatal_exit, sink_);
}

void Judge::deadlock(unsigned vcpu, GuestVirt ip) {
    rules::Progress::judge({Stall::What::deadlock, vcpu, ip.value, 0}, sink_);
}

void Judge::malformed(unsigned vcpu, GuestVirt ip, const std::string& sentence) {
    rules::AbiConformance::judge({.vcpu = vcpu, .at = ip}, sentence, sink_);
}

void Judge::restore(const State& state) {
    state_ = state;
    sink_.end_of_facts();
    if (violated()) {
        sink_.take();
    }
}

std::vector<Finding> Judge::finish(const Observation& observation) {
    sink_.end_of_facts();
    for_each_able(state_.rules, [&](auto& rule) -> decltype(rule.finish(observation, tally_, sink_)) {
        rule.finish(observation, tally_, sink_);
    });
    return sink_.take();
}

}  // namespace nmistorm::oracle
