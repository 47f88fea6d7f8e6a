// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <istream>
#include <string>
#include <vector>

namespace nmistorm::cli {

/// One `key = value` of a configuration file.
struct Setting {
    enum class Kind { string, integer, boolean, array };
    std::string key;
    Kind kind = Kind::string;
    std::string value;        ///< as a command line has it: an array's elements with commas between them
    std::string key_place;    ///< "storm.toml:3:1": file, line and column
    std::string value_place;  ///< "storm.toml:3:9"
};

/// The settings that a TOML file holds for @p command: those of its section first, then those above all
/// sections. Sections of other commands are passed over; @p commands names every command.
///
/// @p file names the input in errors. Throws UsageError for what is not TOML, a section that is of no
/// command, and a value that no flag can have. Knows no keys: the caller judges those.
std::vector<Setting> read_settings(std::istream& input, const std::string& file, const std::string& command,
                                   const std::vector<std::string>& commands);

/// The same from @p file; throws UsageError also if it cannot be read.
std::vector<Setting> read_settings(const std::string& file, const std::string& command,
                                   const std::vector<std::string>& commands);

}  // namespace nmistorm::cli
