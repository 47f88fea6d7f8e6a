// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "plan/run_plan.h"
#include "sources/request_stream.h"

namespace nmistorm::sources {

/// Of one target: the requests made, and all that it is to have.
struct Requests {
    std::uint64_t made = 0;
    std::uint64_t all = 0;
};

/// Decides when one vCPU gets its next NMIs, and how many. The thread that injects calls take(); any thread
/// may call the rest.
class Target {
  public:
    /// @p share is the most NMIs to request, and @p exits the vCPU's count of NMI exits, which wraps at 2^32.
    Target(const plan::RunPlan& plan, unsigned cpu, std::uint64_t share, std::uint32_t exits);

    /// How many NMIs to request at @p now; 0 if none are due. @p waiting of those that were requested were
    /// not passed to KVM yet.
    std::uint32_t take(Clock::time_point now, std::uint32_t exits, std::uint32_t waiting);

    [[nodiscard]] unsigned cpu() const { return cpu_; }
    [[nodiscard]] std::uint64_t requested() const { return requested_.load(); }
    [[nodiscard]] Requests requests() const { return {requested(), share_}; }
    /// Every request of the plan was made.
    [[nodiscard]] bool exhausted() const { return requested() == share_; }
    /// The guest has handled what was requested: in lockstep all of it, else at least one NMI since the last
    /// request.
    [[nodiscard]] bool answered(std::uint32_t exits, std::uint32_t waiting) const;
    /// The earliest time of the next request. Only the thread that calls take() may ask.
    [[nodiscard]] Clock::time_point due() const { return due_; }

  private:
    [[nodiscard]] bool ready(std::uint32_t exits, std::uint32_t waiting) const;
    [[nodiscard]] std::uint32_t overdue(Clock::time_point now, std::uint32_t most);
    void plan_next(Clock::time_point from);

    const unsigned cpu_;
    const plan::Pace::Kind pace_;
    const std::uint64_t share_;
    const std::uint32_t exits_at_start_;
    RequestStream stream_;
    Request next_{};
    Clock::time_point due_{};
    std::atomic<std::uint64_t> requested_ = 0;
    std::atomic<std::uint32_t> exits_at_request_ = 0;
};

}  // namespace nmistorm::sources
