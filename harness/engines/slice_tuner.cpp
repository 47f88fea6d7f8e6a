// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/slice_tuner.h"

#include <algorithm>

namespace nmistorm::engines {
namespace {

constexpr double kept = 0.9;  // of what a length was worth before, each time that it is used
constexpr unsigned explore_one_in = 5;

}  // namespace

std::size_t SliceTuner::best_index() const {
    const auto best = std::ranges::max_element(tried_, {}, &Tried::worth);
    return best->points > 0 ? static_cast<std::size_t>(best - tried_.begin()) : first[0];
}

void SliceTuner::used(double points, std::chrono::nanoseconds time) {
    Tried& tried = tried_[now_];
    tried.points = tried.points * kept + points;
    tried.seconds = tried.seconds * kept + std::chrono::duration<double>(time).count();
    ++tries_;
    if (tries_ < first.size()) {
        now_ = first[tries_];
    } else if (random_() % explore_one_in == 0) {
        now_ = random_() % lengths.size();
    } else {
        now_ = best_index();
    }
}

}  // namespace nmistorm::engines
