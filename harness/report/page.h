// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "oracle/finding.h"

namespace nmistorm::report {

/// Collects the text of a summary line by line, with colours if they are allowed.
class Page {
  public:
    explicit Page(bool colour) : colour_(colour) {}

    template <typename... Args>
    void line(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
        text_ += '\n';
    }
    /// "  label     text"
    void row(std::string_view label, std::string_view text) { line("  {:<13} {}", label, text); }

    [[nodiscard]] std::string painted(std::string_view ansi, std::string_view text) const {
        return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", ansi, text) : std::string(text);
    }
    /// The word that a summary begins with: "PASS", "VIOLATION" or "INCONCLUSIVE".
    [[nodiscard]] std::string banner(oracle::Outcome outcome) const {
        switch (outcome) {
            case oracle::Outcome::pass:
                return painted("1;32", "PASS");
            case oracle::Outcome::violation:
                return painted("1;31", "VIOLATION");
            case oracle::Outcome::inconclusive:
                break;
        }
        return painted("1;33", "INCONCLUSIVE");
    }
    [[nodiscard]] std::string text() && { return std::move(text_); }

  private:
    bool colour_;
    std::string text_;
};

}  // namespace nmistorm::report
