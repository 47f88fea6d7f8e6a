// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace nmistorm::cli {

/// One flag of a command, which is also a key of its --config file.
template <typename Command>
struct Flag {
    std::string name;     ///< without "--"
    std::string label;    ///< of its value in --help; empty for a switch, whose value is "true" or "false";
                          ///< LIST for words with commas between them, which a --config file has as an array
    std::string help;     ///< ends in the default, in brackets
    std::string accepts;  ///< completes "--name takes ..."
    bool (*apply)(Command& command, const std::string& value);  ///< false: the value is not accepted
};

}  // namespace nmistorm::cli
