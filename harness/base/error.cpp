// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <system_error>

namespace nmistorm {

void throw_errno(const std::string& what, int error_number) {
    throw Error(what + ": " + std::generic_category().message(error_number));
}

}  // namespace nmistorm
