// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/interrupts.h"

#include <atomic>
#include <csignal>

namespace nmistorm::commands {
namespace {

std::atomic<bool> came = false;
static_assert(std::atomic<bool>::is_always_lock_free, "else a signal handler may not write it");

}  // namespace

void catch_interrupts() {
    struct sigaction action {};
    action.sa_handler = [](int) { came = true; };
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

bool interrupted() {
    return came;
}

}  // namespace nmistorm::commands
