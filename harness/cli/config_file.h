// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <istream>
#include <string>
#include <vector>

namespace nmistorm::cli {

/// One `key = value` of a configuration file.
struct Setting {
    std::string key;
    std::string value;
    std::string place;  ///< "storm.toml:3"
};

/// Reads the part of TOML, and of INI, that flags need:
///
///     # comment
///     [storm]             ; the command; may be left out
///     vcpus = 4
///     pace = "rate=1000"
///     targets = [0, 2]
///     quiet = true
///
/// @p file names the input in errors. Throws UsageError for any line of another form, a section other
/// than [@p command], and a key that occurs twice. Knows no keys: the caller judges those.
std::vector<Setting> read_settings(std::istream& input, const std::string& file, const std::string& command);

/// The settings in @p file; throws UsageError where it cannot be read.
std::vector<Setting> read_settings(const std::string& file, const std::string& command);

}  // namespace nmistorm::cli
