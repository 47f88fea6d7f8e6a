// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/interned.h"

#include "base/shown.h"

namespace nmistorm::trace {
namespace {

constexpr std::size_t bytes_max = 1000;

}  // namespace

std::string shown_in_trace(std::string_view text) {
    std::string shown = printable_ascii(text.substr(0, bytes_max));
    if (text.size() > bytes_max || shown.size() > bytes_max) {
        shown.resize(bytes_max);
        shown += "...";
    }
    return shown;
}

std::optional<Interned::Number> Interned::number(std::string_view text) {
    if (const auto known = numbers_.find(text); known != numbers_.end()) {
        return Number{known->second, false};
    }
    if (numbers_.size() == capacity || text.size() > bytes_max) {
        return {};
    }
    const std::uint64_t iid = numbers_.size() + 1;  // 0 means none
    numbers_.emplace(text, iid);
    return Number{iid, true};
}

}  // namespace nmistorm::trace
