// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/address.h"

namespace nmistorm::trace {

/// "dwell" of "void (anonymous namespace)::dwell<int>(int)": what a slice has room for.
inline std::string short_name(std::string name) {
    constexpr std::string_view anonymous = "(anonymous namespace)::";
    for (std::size_t at = name.find(anonymous); at != std::string::npos; at = name.find(anonymous)) {
        name.erase(at, anonymous.size());
    }
    name.resize(std::min(name.size(), name.find_first_of("(<")));
    return name.substr(name.rfind(' ') + 1);  // after a return type; from the begin if there is none
}

/// What the guest's image calls its instructions. It remembers them, since a lookup is slow.
class Names {
  public:
    using Lookup = std::function<std::string(GuestVirt)>;

    /// @p lookup returns an empty text for what it does not know; none: it is not known which image ran.
    explicit Names(Lookup lookup) : lookup_(std::move(lookup)) {}

    /// "counting_callback", or "0x100110".
    std::string at(GuestVirt address) {
        if (const auto known = known_.find(address.value); known != known_.end()) {
            return known->second;
        }
        std::string name = lookup_ ? short_name(lookup_(address)) : "";
        if (name.empty()) {
            name = fmt::format("{:#x}", address.value);
        }
        if (known_.size() < capacity) {
            known_.emplace(address.value, name);
        }
        return name;
    }

  private:
    static constexpr std::size_t capacity = 4096;  ///< a guest may make up as many addresses as it likes

    Lookup lookup_;
    std::map<std::uint64_t, std::string> known_;
};

}  // namespace nmistorm::trace
