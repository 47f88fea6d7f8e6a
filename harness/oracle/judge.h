// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

#include "oracle/fact.h"
#include "oracle/finding.h"
#include "oracle/finding_sink.h"
#include "oracle/observation.h"
#include "oracle/record.h"
#include "oracle/rules/abi_conformance.h"
#include "oracle/rules/allocation.h"
#include "oracle/rules/count.h"
#include "oracle/rules/coverage.h"
#include "oracle/rules/data.h"
#include "oracle/rules/delivery.h"
#include "oracle/rules/freshness.h"
#include "oracle/rules/grace_period.h"
#include "oracle/rules/nesting.h"
#include "oracle/rules/progress.h"
#include "oracle/rules/publish.h"
#include "oracle/rules/reclaim.h"
#include "oracle/tally.h"
#include "oracle/world.h"

namespace nmistorm::oracle {

/// One of each rule.
using Rules = decltype(std::tuple_cat(
#define NMISTORM_RULE(type, enumerator, name, judges) std::declval<std::tuple<rules::type>>(),
#include "oracle/rules.def"
    std::tuple<>()));

/// Calls @p call with each rule that it can be called with.
void for_each_able(auto& rules, auto call) {
    const auto one = [&call](auto& rule) {
        if constexpr (std::is_invocable_v<decltype(call), decltype(rule)>) {
            call(rule);
        }
    };
    std::apply([&one](auto&... rule) { (one(rule), ...); }, rules);
}

/// Passes the facts of one run, and then its observation, to every rule. It is pure: the same facts and
/// observation give the same findings on every machine.
class Judge {
  public:
    /// Everything on which later findings depend, as a value.
    struct State {
        explicit State(unsigned vcpus);

        World world;
        Rules rules;

        /// See World::words().
        void words(auto add) const {
            world.words(add);
            for_each_able(rules, [&add](const auto& rule) -> decltype(rule.words(add)) { rule.words(add); });
        }
    };

    explicit Judge(unsigned vcpus) : state_(vcpus) {}

    /// Takes the next fact. Orders must ascend and the vCPU must be one of the run's.
    void take(const At& at, const Fact& fact);

    void take(const Recorded& recorded) { take(recorded.at, recorded.fact); }
    /// Takes that facts between the last one and the next were lost. State that rules know only through facts
    /// may have changed unseen, so rules start over and judge only what they see begin after the gap.
    void take(const Gap& gap);
    /// Takes what is no fact. The counters of a sample, of a vCPU that may be running, must have been read in
    /// this order: exits, answered and defaulted, dummy and declined, callbacks, count, entries.
    template <typename Told>
    requires std::is_constructible_v<Record, Told>
    void take(const Told& told) {
        for_each_able(state_.rules,
                      [&](auto& rule) -> decltype(rule.on(told, sink_)) { rule.on(told, sink_); });
    }
    void take(const Record& record);

    /// The facts and samples so far broke a rule.
    [[nodiscard]] bool violated() const { return !sink_.empty(); }
    /// The first finding so far, without the facts before it.
    [[nodiscard]] std::optional<Finding> first() const;

    /// Those so far.
    [[nodiscard]] const std::vector<Finding>& findings() const { return sink_.findings(); }

    [[nodiscard]] const Tally& tally() const { return tally_; }

    [[nodiscard]] const State& state() const { return state_; }
    /// Continues from an earlier state() of a judge for as many vCPUs. Findings are forgotten; the tally is
    /// not taken back.
    void restore(const State& state);

    /// All findings of the run: those from facts first, coverage last. At most FindingSink::per_rule of each
    /// rule are kept. A rule that the observation's limits rule out is not asked. Call once.
    std::vector<Finding> finish(const Observation& observation);

  private:
    State state_;
    FindingSink sink_;
    Tally tally_;
};

}  // namespace nmistorm::oracle
