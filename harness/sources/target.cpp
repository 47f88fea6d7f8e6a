// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/target.h"

#include <algorithm>

namespace nmistorm::sources {
namespace {

using Kind = plan::Pace::Kind;

/// The number of requests that a vCPU may lag behind. Without this limit, if KVM_NMI cannot keep up with the
/// rate, each batch would take longer than the one before.
constexpr std::uint32_t most_waiting = 64;

}  // namespace

Target::Target(const plan::RunPlan& plan, unsigned cpu, std::uint64_t share, std::uint32_t exits)
    : cpu_(cpu),
      pace_(plan.pace.kind),
      share_(share),
      exits_at_start_(exits),
      stream_(plan.pace, plan.seed, cpu) {
    plan_next(Clock::now());
}

void Target::plan_next(Clock::time_point from) {
    next_ = stream_.next();
    due_ = from + next_.gap;
}

bool Target::answered(std::uint32_t exits, std::uint32_t waiting) const {
    const std::uint64_t requested = requested_.load();
    if (pace_ == Kind::lockstep) {
        // The numbers must be equal: each request gives one NMI. If not, the watchdog reports what is wrong.
        return exits - exits_at_start_ == static_cast<std::uint32_t>(requested);
    }
    return requested == 0 || (waiting == 0 && exits != exits_at_request_.load());
}

bool Target::ready(std::uint32_t exits, std::uint32_t waiting) const {
    switch (pace_) {
        case Kind::rate:
            return waiting < most_waiting;
        case Kind::max:
            return waiting == 0;
        case Kind::lockstep:
        case Kind::burst:
            break;
    }
    return answered(exits, waiting);
}

/// A rate's requests until @p now. A delay does not lower the average rate.
std::uint32_t Target::overdue(Clock::time_point now, std::uint32_t most) {
    std::uint32_t nmis = 0;
    for (; now >= due_ && nmis < most; ++nmis) {
        plan_next(due_);
    }
    return nmis;
}

std::uint32_t Target::take(Clock::time_point now, std::uint32_t exits, std::uint32_t waiting) {
    if (exhausted() || now < due_ || !ready(exits, waiting)) {
        return 0;
    }
    const std::uint64_t left = share_ - requested();
    std::uint32_t nmis = 0;
    if (pace_ == Kind::rate) {
        nmis =
            overdue(now, static_cast<std::uint32_t>(std::min<std::uint64_t>(most_waiting - waiting, left)));
    } else {
        nmis = static_cast<std::uint32_t>(std::min<std::uint64_t>(next_.nmis, left));
        plan_next(now);
    }
    exits_at_request_.store(exits);
    requested_.fetch_add(nmis);
    return nmis;
}

}  // namespace nmistorm::sources
