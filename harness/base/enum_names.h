// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

namespace nmistorm {

/// The enumerator whose name is @p word, where @p names has the names of all in their order.
template <typename Enum, typename Names>
std::optional<Enum> find_name(const Names& names, std::string_view word) {
    const auto found = std::find(std::begin(names), std::end(names), word);
    if (found == std::end(names)) {
        return std::nullopt;
    }
    return static_cast<Enum>(std::distance(std::begin(names), found));
}

}  // namespace nmistorm
