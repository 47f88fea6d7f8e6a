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

/// The settings in a TOML file for @p command: first those of its section, then those before all sections.
/// Sections of other commands are ignored; @p commands names every command.
///
/// @p file is the name of the input in errors. Throws UsageError if the input is not TOML, if a section is
/// named after no command, or if a value has a type that no flag has. The caller checks the keys.
std::vector<Setting> read_settings(std::istream& input, const std::string& file, const std::string& command,
                                   const std::vector<std::string>& commands);

/// Reads @p file. Throws UsageError also if that cannot be read.
std::vector<Setting> read_settings(const std::string& file, const std::string& command,
                                   const std::vector<std::string>& commands);

}  // namespace nmistorm::cli
