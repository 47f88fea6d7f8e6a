// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace nmistorm::report {

/// For an output that could not be opened: throws an Error of @p what, the message of @p error_number (an
/// errno value) and @p advice. It is a UsageError, except where the path is right and the host refuses it: by
/// its permissions, its file system or its limits.
[[noreturn]] void refuse(const std::string& what, int error_number, const char* advice);

}  // namespace nmistorm::report
