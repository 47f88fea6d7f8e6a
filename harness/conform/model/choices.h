// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <vector>

#include "base/error.h"

namespace nmistorm::conform::model {

/// Makes every run of something that chooses: the first one takes the first of each choice, and next()
/// changes the last choice that has another.
class Choices {
  public:
    /// One of 0 to @p options - 1.
    unsigned pick(unsigned options) {
        if (at_ == taken_.size()) {
            taken_.push_back({0, options});
        }
        return taken_[at_++].option;
    }

    /// Begins the next run. False if there is none.
    bool next() {
        if (++runs_ == most_runs) {
            throw Error("a scenario permits too much to be a test");
        }
        at_ = 0;
        while (!taken_.empty() && taken_.back().option + 1 == taken_.back().options) {
            taken_.pop_back();
        }
        if (taken_.empty()) {
            return false;
        }
        ++taken_.back().option;
        return true;
    }

  private:
    static constexpr std::size_t most_runs = 100'000;
    struct Taken {
        unsigned option, options;
    };
    std::vector<Taken> taken_;
    std::size_t at_ = 0;
    std::size_t runs_ = 0;
};

}  // namespace nmistorm::conform::model
