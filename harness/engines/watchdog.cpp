// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/watchdog.h"

#include <algorithm>
#include <utility>

#include "plan/run_plan.h"

namespace nmistorm::engines {

using What = oracle::Stall::What;

std::optional<double> Watchdog::StallTimer::overdue(bool matters, std::uint64_t now_value,
                                                    std::chrono::nanoseconds now_cpu, Clock::time_point now) {
    if (!matters || !started || now_value != value) {
        *this = {now_value, now_cpu, now, matters};
        return std::nullopt;
    }
    if (now_cpu - cpu_time < patience_cpu && now - since < patience_wall) {
        return std::nullopt;
    }
    return std::chrono::duration<double>(now - since).count();
}

std::optional<oracle::Stall> Watchdog::look(Clock::time_point now, const std::vector<Heartbeat>& heartbeats) {
    constexpr auto usual = std::chrono::seconds(1);  // longest usual time between looks
    if (last_look_ != Clock::time_point{} && now - last_look_ > usual) {
        not_looking_ += now - last_look_ - usual;
    }
    last_look_ = now;
    now -= not_looking_;

    std::optional<oracle::Stall> found;
    const auto note = [&found](What what, unsigned vcpu, std::optional<double> seconds) {
        if (seconds && !found) {
            found = oracle::Stall{.what = what, .vcpu = vcpu, .ip = 0, .seconds = *seconds};
        }
    };
    for (unsigned vcpu = 0; vcpu < heartbeats.size(); ++vcpu) {
        const Heartbeat& heartbeat = heartbeats[vcpu];
        const bool inside = heartbeat.entries != heartbeat.exits;
        note(What::boot, vcpu, boots_[vcpu].overdue(!heartbeat.online, 0, heartbeat.cpu_time, now));
        note(What::handler, vcpu, handlers_[vcpu].overdue(inside, heartbeat.exits, heartbeat.cpu_time, now));
        note(What::delivery, vcpu,
             deliveries_[vcpu].overdue(heartbeat.nmi_outstanding && !inside, heartbeat.entries,
                                       heartbeat.cpu_time, now));
    }
    for (unsigned vcpu = 0; vcpu < heartbeats.size(); ++vcpu) {
        note(What::delivery, vcpu,
             rests_[vcpu].overdue(heartbeats[vcpu].unsettled, 0, heartbeats[vcpu].cpu_time, now));
    }
    const Heartbeat& updater = heartbeats[plan::updater_vcpu];
    const auto ran = updater.cpu_time - std::exchange(updater_ran_, updater.cpu_time);
    served_ += std::max(ran - newly_waited(heartbeats), std::chrono::nanoseconds{0});
    const auto updater_time = served_;
    note(What::swap, plan::updater_vcpu, updater_.overdue(swaps_expected_, updater.swaps, updater_time, now));
    note(What::finish, plan::updater_vcpu, end_.overdue(end_expected_, 0, updater_time, now));
    return found;
}

/// The longest time since the last look that a vCPU for which the updater may wait had no CPU.
std::chrono::nanoseconds Watchdog::newly_waited(const std::vector<Heartbeat>& heartbeats) {
    std::chrono::nanoseconds longest{};
    for (unsigned vcpu = 0; vcpu < heartbeats.size(); ++vcpu) {
        const auto before = std::exchange(waited_[vcpu], heartbeats[vcpu].waited);
        if (vcpu != plan::updater_vcpu) {
            longest = std::max(longest, heartbeats[vcpu].waited - before);
        }
    }
    return longest;
}

}  // namespace nmistorm::engines
