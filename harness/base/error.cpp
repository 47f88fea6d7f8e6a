// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <cerrno>
#include <system_error>

namespace nmistorm {

void throw_errno(const std::string& what, int error_number) {
    const char* advice = error_number == EMFILE ? "; allow more of them (ulimit -n)" : "";
    throw Error(what + ": " + std::generic_category().message(error_number) + advice);
}

}  // namespace nmistorm
