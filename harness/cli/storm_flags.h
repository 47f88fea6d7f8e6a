// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "cli/command_line.h"

namespace nmistorm::cli {

/// One flag of `storm`, which is also a key of the --config file.
struct Flag {
    std::string name;     ///< without "--"
    std::string label;    ///< of its value in --help; empty for a switch, whose value is "true" or "false"
    std::string help;     ///< ends in the default, in brackets
    std::string accepts;  ///< completes "--name takes ..."
    bool (*apply)(StormCommand& command, const std::string& value);  ///< false: the value is not accepted
};

/// In the order of --help.
const std::vector<Flag>& storm_flags();

}  // namespace nmistorm::cli
