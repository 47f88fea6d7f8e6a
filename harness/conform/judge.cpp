// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/judge.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "conform/model/model.h"

namespace nmistorm::conform {
namespace {

using model::Clause;

constexpr std::size_t most_permitted = 5;

/// A model that may break @p clauses whenever it likes permits @p seen.
bool explain(const std::vector<Clause>& clauses, const model::Scenario& scenario, const model::Trace& seen) {
    try {
        return permitted(scenario, model::Switches::perhaps_without(clauses)).contains(seen);
    } catch (const Error&) {  // too much to go through
        return false;
    }
}

/// One or two of @p candidates that explain it; empty if there are none.
std::vector<Clause> explanation(const std::vector<Clause>& candidates, const model::Scenario& scenario,
                                const model::Trace& seen) {
    for (const Clause one : candidates) {
        if (explain({one}, scenario, seen)) {
            return {one};
        }
    }
    for (auto one = candidates.begin(); one != candidates.end(); ++one) {
        for (auto other = candidates.begin(); other != one; ++other) {
            if (explain({*other, *one}, scenario, seen)) {
                return {*other, *one};
            }
        }
    }
    return {};
}

std::vector<model::Trace> shortest(const std::set<model::Trace>& traces) {
    std::vector<model::Trace> some(traces.begin(), traces.end());
    std::ranges::stable_sort(some, {}, &model::Trace::size);
    some.resize(std::min(some.size(), most_permitted));
    return some;
}

}  // namespace

std::string_view name(Result result) {
    constexpr std::string_view names[] = {"PASS", "KNOWN", "DEVIATION", "UNSUPPORTED"};
    return names[static_cast<std::size_t>(result)];
}

Judged judge(const Case& of, const model::Trace& seen, const std::vector<Deviation>& known) {
    const model::Scenario scenario = scenario_of(of);
    Judged judged{.of = of, .seen = seen};
    const std::set<model::Trace> right = permitted(scenario);
    if (right.contains(seen)) {
        return judged;
    }
    judged.permitted = shortest(right);
    std::vector<Clause> candidates;
    for (const Deviation& deviation : known) {
        candidates.push_back(deviation.clause);
    }
    judged.clauses = explanation(candidates, scenario, seen);
    judged.result = judged.clauses.empty() ? Result::deviation : Result::known;
    if (judged.clauses.empty()) {
        judged.clauses =
            explanation({std::begin(model::all_clauses), std::end(model::all_clauses)}, scenario, seen);
    }
    for (const Deviation& deviation : known) {
        if (std::ranges::find(judged.clauses, deviation.clause) != judged.clauses.end()) {
            judged.known.emplace_back(deviation.id);
        }
    }
    return judged;
}

}  // namespace nmistorm::conform
