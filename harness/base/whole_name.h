// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <system_error>

namespace nmistorm {

/// @p file from the root on, without links: two names of one file are equal then. @p file itself where that
/// cannot be found out. The file need not exist.
inline std::string whole_name(const std::string& file) {
    std::error_code failed;
    const std::filesystem::path path =
        std::filesystem::weakly_canonical(std::filesystem::absolute(file, failed), failed);
    return failed ? file : path.string();
}

}  // namespace nmistorm
