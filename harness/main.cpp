// SPDX-License-Identifier: GPL-2.0-or-later
// Goes from the command line to an exit code; commands/ has what each command does.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <exception>

#include "base/error.h"
#include "base/exit_code.h"
#include "base/shown.h"
#include "cli/command_line.h"
#include "commands/commands.h"
#include "commands/console.h"

namespace {

using namespace nmistorm;

/// Leaves a closed standard stream closed, but occupies its number. Otherwise the next file that is opened,
/// such as a report or KVM, would get that number and everything that is printed.
void keep_standard_numbers() {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
        if (fcntl(fd, F_GETFD) < 0) {
            [[maybe_unused]] const int same = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

/// Masks and ignored signals are inherited. The program needs its signals, so it unblocks all. A signal that
/// was ignored on purpose, as by nohup, stays ignored (commands/interrupts.h).
void own_signals() {
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_IGN);  // so that a closed pipe is an ordinary write error
    signal(SIGXFSZ, SIG_IGN);  // likewise for a file over its size limit (ulimit -f)
}

/// A vCPU takes up to four descriptors, and with --churn there are two VMs for a moment. Shells allow 1024,
/// so that old programs that use select() work; this one may have all that it can get.
void allow_many_descriptors() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int fail(int code, const std::exception& error) {
    // Keep it on one line, since a file name may contain any character.
    commands::tell(fmt::format("nmistorm: {}\n", printable(error.what())));
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    keep_standard_numbers();
    own_signals();
    allow_many_descriptors();
    try {
        return std::visit([](const auto& command) { return commands::run(command); }, cli::parse(argc, argv));
    } catch (const UsageError& error) {
        return fail(exit_usage, error);
    } catch (const HostCannot& error) {
        return fail(exit_host_cannot, error);
    } catch (const std::exception& error) {
        return fail(exit_inconclusive, error);
    }
}
