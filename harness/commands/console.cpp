// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/console.h"

#include <cerrno>
#include <cstdio>

#include "base/error.h"

namespace nmistorm::commands {

void print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        throw_errno("cannot write to stdout", errno);
    }
}

void tell(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace nmistorm::commands
