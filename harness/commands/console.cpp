// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/console.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"

namespace nmistorm::commands {

void print(std::string_view text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        throw_errno("cannot write to stdout", errno);
    }
}

bool takes_control_sequences(int fd) {
    const char* terminal = std::getenv("TERM");
    return isatty(fd) == 1 && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

bool takes_colour(int fd) {
    const char* no_colour = std::getenv("NO_COLOR");
    return takes_control_sequences(fd) && (no_colour == nullptr || *no_colour == '\0');
}

void tell(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace nmistorm::commands
