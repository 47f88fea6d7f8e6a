// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nmistorm::doctor {

enum class Result {
    pass,         ///< it is there and works as it should
    fail,         ///< it is there and does not
    unsupported,  ///< this host lacks it
};
/// "PASS", "FAIL", "UNSUPPORTED"
std::string_view name(Result result);

/// One thing that was looked at.
struct Check {
    std::string about;  ///< "host", "guests", "sources", "stepping", "NMIs" or "speed"
    std::string name;   ///< unique in `about`
    Result result{};
    std::string says;                   ///< a sentence or less
    std::optional<double> figure = {};  ///< what was measured; only with "speed", a second
};

using Checks = std::vector<Check>;

}  // namespace nmistorm::doctor
