// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/judge.h"

namespace nmistorm::oracle {
namespace {

template <typename Rule, typename What>
constexpr bool judges_fact = requires(Rule rule, const What& what, const rules::Context& context) {
    rule.on(what, context);
};
template <typename Rule>
constexpr bool judges_end = requires(Rule rule, const Observation& observation, const Tally& tally,
                                     FindingSink& sink) {
    rule.finish(observation, tally, sink);
};

/// A rule of which a name is spelt wrong would never be asked.
template <typename Rule, typename... Facts>
constexpr bool judges_any(const std::variant<Facts...>*) {
    return judges_end<Rule> || (judges_fact<Rule, Facts> || ...);
}
#define NMISTORM_RULE(type, enumerator, name, judges) \
    static_assert(judges_any<rules::type>(static_cast<const Fact*>(nullptr)));
#include "oracle/rules.def"

void finish_one(auto& rule, bool ruled_out, const Observation& observation, const Tally& tally,
                FindingSink& sink) {
    if constexpr (judges_end<std::remove_cvref_t<decltype(rule)>>) {
        if (!ruled_out) {
            rule.finish(observation, tally, sink);
        }
    }
}

}  // namespace

Judge::State::State(unsigned vcpus)
    : world(vcpus),
      rules(std::tuple_cat(
#define NMISTORM_RULE(type, enumerator, name, judges) std::tuple(rules::type(vcpus)),
#include "oracle/rules.def"
          std::tuple<>())) {
}

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

void Judge::take(const Gap&) {
    for_each_able(state_.rules, [](auto& rule) -> decltype(rule.gap()) { rule.gap(); });
    state_.world.gap();
}

void Judge::take(const Record& record) {
    std::visit([this](const auto& one) { take(one); }, record);
}

std::optional<Finding> Judge::first() const {
    if (!violated()) {
        return {};
    }
    Finding first = sink_.findings().front();
    first.around.clear();
    return first;
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
    const Rule* rule_of = all_rules;  // the tuple has the rules in the same order
    std::apply(
        [&](auto&... rule) {
            (finish_one(rule, rules_out(observation.limits, *rule_of++), observation, tally_, sink_), ...);
        },
        state_.rules);
    return sink_.take();
}

}  // namespace nmistorm::oracle
