// SPDX-License-Identifier: GPL-2.0-or-later
// From the command line to an exit code; what each command does is in commands/.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <exception>

#include "base/error.h"
#include "cli/command_line.h"
#include "cli/shown.h"
#include "commands/commands.h"
#include "commands/console.h"

namespace {

using namespace nmistorm;

constexpr int exit_usage = 2;
constexpr int exit_harness_failed = 3;
constexpr int exit_host_cannot = 77;

/// A standard stream that is closed stays so, but its number is taken: else the next file opened, be it
/// a report or KVM, would get it and all that is printed.
void keep_standard_numbers() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (fcntl(fd, F_GETFD) < 0) {
            [[maybe_unused]] const int same = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

/// Masks and ignored signals are inherited. The program needs its signals, so none stays blocked. A signal
/// that is ignored on purpose, as by nohup, stays ignored (commands/interrupts.h).
void own_signals() {
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error like any other
    signal(SIGXFSZ, SIG_IGN);  // and so is a file that may not grow (ulimit -f)
}

int fail(int code, const std::exception& error) {
    // One line: the name of a file may hold any character.
    commands::tell(fmt::format("nmistorm: {}\n", cli::printable(error.what())));
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    keep_standard_numbers();
    own_signals();
    try {
        return std::visit([](const auto& command) { return commands::run(command); }, cli::parse(argc, argv));
    } catch (const UsageError& error) {
        return fail(exit_usage, error);
    } catch (const HostCannot& error) {
        return fail(exit_host_cannot, error);
    } catch (const std::exception& error) {
        return fail(exit_harness_failed, error);
    }
}
