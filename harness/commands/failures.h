// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"

namespace nmistorm::commands {

/// What went wrong with outputs. One that cannot be written must cost neither another nor the report, so each
/// is attempted, and only after all of them it is said what failed.
class Failures {
  public:
    /// False if @p write throws, which is then among the failures.
    bool attempt(auto write) {
        try {
            write();
            return true;
        } catch (const std::exception& failed) {
            sentences_.emplace_back(failed.what());
            return false;
        }
    }
    /// An Error that says all of them in one sentence; null if there are none.
    [[nodiscard]] std::exception_ptr error() const {
        return sentences_.empty()
                   ? nullptr
                   : std::make_exception_ptr(Error(fmt::format("{}", fmt::join(sentences_, "; "))));
    }
    /// Throws it if there are any.
    void rethrow() const {
        if (const std::exception_ptr failure = error()) {
            std::rethrow_exception(failure);
        }
    }

  private:
    std::vector<std::string> sentences_;
};

}  // namespace nmistorm::commands
