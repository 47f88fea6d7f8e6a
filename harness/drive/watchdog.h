// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "oracle/observation.h"

namespace nmistorm::drive {

/// What the watchdog looks at on one vCPU.
struct Heartbeat {
    bool online = true;
    std::chrono::nanoseconds cpu_time{};  ///< of the vCPU's thread
    std::uint64_t entries = 0;
    std::uint64_t exits = 0;
    std::uint64_t swaps = 0;       ///< the updater's; rises with every swap
    bool nmi_outstanding = false;  ///< an accepted NMI must still come
    bool unsettled = false;        ///< an NMI of its is still on the way although none is requested
};

/// Notices what stands still: a vCPU that does not come online, a handler, an NMI that was accepted, the
/// updater. Pure: time comes in.
///
/// Patience is counted in CPU time of the thread concerned, so that a busy host makes no stall: a vCPU
/// that was not run is not slow. Who sleeps for good uses none, hence the wall-clock limit.
class Watchdog {
  public:
    static constexpr std::chrono::nanoseconds patience_cpu = std::chrono::seconds(1);
    static constexpr std::chrono::nanoseconds patience_wall = std::chrono::seconds(20);

    explicit Watchdog(unsigned vcpus) : boots_(vcpus), handlers_(vcpus), deliveries_(vcpus), rests_(vcpus) {}

    /// The updater is expected to swap.
    void expect_swaps(bool expected) { swaps_expected_ = expected; }
    /// The updater is expected to end, however many swaps it makes.
    void expect_end() { end_expected_ = true; }

    /// Looks at all vCPUs; vCPU 0 is the updater. The first thing found standing still, if any, without
    /// the ip, which only a stopped vCPU has.
    std::optional<oracle::Stall> look(Clock::time_point now, const std::vector<Heartbeat>& heartbeats);

  private:
    /// One thing that must change from time to time.
    struct StallTimer {
        std::uint64_t value = 0;
        std::chrono::nanoseconds cpu_time{};
        Clock::time_point since{};
        bool started = false;

        /// How long @p now_value has been the same while it mattered; nothing if not too long.
        std::optional<double> overdue(bool matters, std::uint64_t now_value, std::chrono::nanoseconds now_cpu,
                                      Clock::time_point now);
    };
    bool swaps_expected_ = true;
    std::vector<StallTimer> boots_;
    std::vector<StallTimer> handlers_;
    std::vector<StallTimer> deliveries_;
    std::vector<StallTimer> rests_;
    StallTimer updater_;
    bool end_expected_ = false;
    StallTimer end_;
    Clock::time_point last_look_{};
    Clock::duration not_looking_{};  ///< time in which nobody looked: this process may have been stopped
};

}  // namespace nmistorm::drive
