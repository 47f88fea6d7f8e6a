// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace nmistorm::trace {

/// @p text for a trace: printable ASCII, the rest as \xNN, and of bounded length. Symbols come from the
/// guest's image, which may be anybody's.
std::string shown_in_trace(std::string_view text);

/// Numbers texts that repeat, so that a trace has each once.
class Interned {
  public:
    static constexpr std::size_t capacity = 4096;  ///< a guest may make up as many texts as it likes

    struct Number {
        std::uint64_t iid;
        bool fresh;  ///< the trace must say which text it is
    };
    /// None: there are too many, so the text itself must be written.
    std::optional<Number> number(std::string_view text);

  private:
    std::map<std::string, std::uint64_t, std::less<>> numbers_;
};

}  // namespace nmistorm::trace
