// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/interrupts.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <iterator>

#include "report/temporary_name.h"

namespace nmistorm::commands {
namespace {

constexpr std::int64_t second = 1'000'000'000;

/// A request to end, and the CLOCK_MONOTONIC time in nanoseconds of its first signal; 0 if there was none.
struct Request {
    int signal;
    std::atomic<std::int64_t> first_at = 0;
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free, "else a signal handler may not write it");

Request requests[] = {{SIGINT}, {SIGTERM}, {SIGHUP}};

/// Other signals that end a program, sent by somebody or by a resource limit.
constexpr int deadly[] = {SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU};

// Everything below runs in signal handlers: see signal-safety(7).

void end_now(int signal) {
    report::remove_temporaries();
    std::signal(signal, SIG_DFL);
    sigset_t unblocked;
    sigemptyset(&unblocked);
    sigaddset(&unblocked, signal);
    pthread_sigmask(SIG_UNBLOCK, &unblocked, nullptr);
    raise(signal);
    _exit(128 + signal);  // for process 1 of a container, which no default action ends
}

std::int64_t now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * second + time.tv_nsec;
}

void on_request(int signal) {
    const int error_number = errno;
    const std::int64_t at = now();
    for (Request& request : requests) {
        std::int64_t first_at = 0;
        if (request.signal == signal && !request.first_at.compare_exchange_strong(first_at, at) &&
            at - first_at > second) {
            end_now(signal);
        }
    }
    errno = error_number;
}

void handle(int signal, void (*handler)(int)) {
    struct sigaction before {};
    if (sigaction(signal, nullptr, &before) != 0 || before.sa_handler == SIG_IGN) {
        return;
    }
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
}

}  // namespace

void catch_interrupts() {
    for (const Request& request : requests) {
        handle(request.signal, on_request);
    }
    for (const int signal : deadly) {
        handle(signal, end_now);
    }
}

bool interrupted() {
    return std::any_of(std::begin(requests), std::end(requests),
                       [](const Request& request) { return request.first_at != 0; });
}

}  // namespace nmistorm::commands
