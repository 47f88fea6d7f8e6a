// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/wakeup.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>

#include "base/error.h"

namespace nmistorm {

Wakeup::Wakeup() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!event_) {
        throw_errno("eventfd", errno);
    }
}

void Wakeup::wake() {
    eventfd_write(event_.get(), 1);  // fails only if a wake-up is due anyway
}

bool Wakeup::sleep(Clock::time_point until) {
    const timespec time = to_timespec(std::max<std::chrono::nanoseconds>(until - Clock::now(), {}));
    pollfd poll{event_.get(), POLLIN, 0};
    if (ppoll(&poll, 1, &time, nullptr) <= 0) {
        return false;
    }
    eventfd_t wakes = 0;
    return eventfd_read(event_.get(), &wakes) == 0;
}

}  // namespace nmistorm
