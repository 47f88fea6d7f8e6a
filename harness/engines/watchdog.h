// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "oracle/observation.h"

namespace nmistorm::engines {

/// What the watchdog reads of one vCPU.
struct Heartbeat {
    bool online = true;
    std::chrono::nanoseconds cpu_time{};  ///< of the vCPU's thread
    std::chrono::nanoseconds waited{};    ///< how long this thread could have run and had no CPU
    std::uint64_t entries = 0;
    std::uint64_t exits = 0;
    std::uint64_t swaps = 0;       ///< the updater's; incremented by every swap
    bool nmi_outstanding = false;  ///< an accepted NMI has still to be handled
    bool unsettled = false;        ///< an NMI is pending or being handled although none is requested
};

/// Detects what makes no progress: a vCPU that does not come online, a handler, an NMI that was accepted, the
/// updater. It reads no clock: the caller passes the time.
///
/// Time limits are in CPU time of the thread concerned, so that a busy host does not look like a stall: a
/// vCPU whose thread does not run is not slow. The updater may also wait for another vCPU, and does so
/// spinning: time in which another vCPU has no CPU does not count against the updater. A thread that sleeps
/// for good uses no CPU time, so there is also a limit in wall-clock time.
class Watchdog {
  public:
    static constexpr std::chrono::nanoseconds patience_cpu = std::chrono::seconds(1);
    static constexpr std::chrono::nanoseconds patience_wall = std::chrono::seconds(20);

    explicit Watchdog(unsigned vcpus)
        : boots_(vcpus), handlers_(vcpus), deliveries_(vcpus), rests_(vcpus), waited_(vcpus) {}

    /// Says whether the updater is expected to swap.
    void expect_swaps(bool expected) { swaps_expected_ = expected; }
    /// The updater is expected to end, however many swaps it makes.
    void expect_end() { end_expected_ = true; }

    /// Looks at all vCPUs; vCPU 0 is the updater. Returns the first stall found, if any. The ip is missing,
    /// since only a stopped vCPU has one.
    std::optional<oracle::Stall> look(Clock::time_point now, const std::vector<Heartbeat>& heartbeats);

  private:
    /// One value that must change within a time limit.
    struct StallTimer {
        std::uint64_t value = 0;
        std::chrono::nanoseconds cpu_time{};
        Clock::time_point since{};
        bool started = false;

        /// How long @p now_value has not changed while it mattered; none if within the limit.
        std::optional<double> overdue(bool matters, std::uint64_t now_value, std::chrono::nanoseconds now_cpu,
                                      Clock::time_point now);
    };
    std::chrono::nanoseconds newly_waited(const std::vector<Heartbeat>& heartbeats);

    bool swaps_expected_ = true;
    std::vector<StallTimer> boots_;
    std::vector<StallTimer> handlers_;
    std::vector<StallTimer> deliveries_;
    std::vector<StallTimer> rests_;
    std::vector<std::chrono::nanoseconds> waited_;  ///< by vCPU, at the last look
    std::chrono::nanoseconds updater_ran_{};        ///< its CPU time at the last look
    std::chrono::nanoseconds served_{};             ///< of that, while every other vCPU had a CPU
    StallTimer updater_;
    bool end_expected_ = false;
    StallTimer end_;
    Clock::time_point last_look_{};
    Clock::duration not_looking_{};  ///< time without looks: this process may have been stopped
};

}  // namespace nmistorm::engines
