// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/series.h"

#include <algorithm>
#include <utility>

namespace nmistorm::oracle {
namespace {

/// Timers are late by a little now and then; an interval is not twice as long because of that.
constexpr double nearly = 0.95;

Interval between(double end_s, const Totals& before, const Totals& now) {
    const Histogram ticks = now.grace_period_ticks.since(before.grace_period_ticks);
    return {.end_s = end_s,
            .handled = now.handled - before.handled,
            .swaps = now.swaps - before.swaps,
            .overlaps = now.overlaps - before.overlaps,
            .grace_periods = now.grace_periods - before.grace_periods,
            .timed = ticks.count(),
            .p50 = ticks.quantile(0.50),
            .p99 = ticks.quantile(0.99),
            .max = ticks.max()};
}

}  // namespace

Series::Series(Totals begun, std::size_t at_most, double interval_s)
    : at_most_(std::max<std::size_t>(at_most, 2)), interval_s_(interval_s) {
    kept_.push_back({0, std::move(begun)});
}

void Series::look(double at_s, const Totals& totals) {
    if (at_s - kept_.back().at_s >= nearly * interval_s_) {
        keep(at_s, totals);
    }
}

void Series::end(double at_s, const Totals& totals) {
    if (kept_.size() > 1 && at_s <= kept_.back().at_s) {
        kept_.back().totals = totals;
    } else {
        keep(at_s, totals);
    }
}

void Series::keep(double at_s, const Totals& totals) {
    if (kept_.size() > at_most_) {
        std::size_t left = 0;
        for (std::size_t i = 0; i < kept_.size(); i += 2) {
            std::swap(kept_[left++], kept_[i]);
        }
        kept_.resize(left);
        interval_s_ *= 2;
    }
    kept_.push_back({at_s, totals});
}

std::vector<Interval> Series::intervals() const {
    std::vector<Interval> intervals;
    for (std::size_t i = 1; i < kept_.size(); ++i) {
        intervals.push_back(between(kept_[i].at_s, kept_[i - 1].totals, kept_[i].totals));
    }
    return intervals;
}

}  // namespace nmistorm::oracle
