// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/watchdog.h"

#include "plan/run_plan.h"

namespace nmistorm::drive {

using What = oracle::Stall::What;

std::optional<double> Watchdog::Watched::overdue(bool matters, std::uint64_t now_value,
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

std::optional<oracle::Stall> Watchdog::look(Clock::time_point now, const std::vector<Pulse>& pulses) {
    constexpr auto usual = std::chrono::seconds(1);  // between looks, at most
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
    for (unsigned vcpu = 0; vcpu < pulses.size(); ++vcpu) {
        const Pulse& pulse = pulses[vcpu];
        const bool inside = pulse.entries != pulse.exits;
        note(What::boot, vcpu, boots_[vcpu].overdue(!pulse.online, 0, pulse.cpu_time, now));
        note(What::handler, vcpu, handlers_[vcpu].overdue(inside, pulse.exits, pulse.cpu_time, now));
        note(What::delivery, vcpu,
             deliveries_[vcpu].overdue(pulse.nmi_outstanding && !inside, pulse.entries, pulse.cpu_time, now));
    }
    for (unsigned vcpu = 0; vcpu < pulses.size(); ++vcpu) {
        note(What::delivery, vcpu,
             rests_[vcpu].overdue(pulses[vcpu].unsettled, 0, pulses[vcpu].cpu_time, now));
    }
    const Pulse& updater = pulses[plan::updater_vcpu];
    note(What::swap, plan::updater_vcpu,
         updater_.overdue(swaps_expected_, updater.swaps, updater.cpu_time, now));
    note(What::finish, plan::updater_vcpu, end_.overdue(end_expected_, 0, updater.cpu_time, now));
    return found;
}

}  // namespace nmistorm::drive
