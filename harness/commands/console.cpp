// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/console.h"

#include <fmt/format.h>
#include <unistd.h>

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

LiveLine::LiveLine(const cli::Output& output)
    : shown_(output.progress == cli::Progress::always ||
             (output.progress == cli::Progress::automatic && !output.quiet && isatty(STDERR_FILENO) == 1)) {}

void LiveLine::show(std::string_view line) {
    if (shown_) {
        tell(fmt::format("\r{}\x1b[K", line));
        drawn_ = true;
    }
}

void LiveLine::clear() {
    if (drawn_) {
        tell("\r\x1b[K");
        drawn_ = false;
    }
}

}  // namespace nmistorm::commands
