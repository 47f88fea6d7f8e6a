// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/reproduce.h"

#include <string_view>

#include "plan/names.h"

namespace nmistorm::cli {
namespace {

std::string quoted(std::string_view word) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
    if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos) {
        return std::string(word);
    }
    std::string text = "'";
    for (const char c : word) {
        text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return text + "'";
}

}  // namespace

std::string reproduce(const plan::RunPlan& plan) {
    const plan::RunPlan usual;
    std::string line = "nmistorm storm";
    const auto say = [&line](bool differs, std::string_view flag, std::string_view value) {
        if (differs) {
            line.append(" --").append(flag).append(" ").append(quoted(value));
        }
    };
    say(plan.arch != usual.arch, "arch", plan::name(plan.arch));
    say(plan.guest_file.has_value(), "guest", plan.guest_file.value_or(""));
    say(plan.vcpus != usual.vcpus, "vcpus", std::to_string(plan.vcpus));
    // --nmis takes the default duration away, so that even 10s has to be said then.
    if (plan.duration) {
        say(plan.nmis || plan.duration != usual.duration, "duration", plan::to_string(*plan.duration));
    }
    say(plan.nmis.has_value(), "nmis", std::to_string(plan.nmis.value_or(0)));
    say(plan.source != usual.source, "source", plan::name(plan.source));
    say(plan.pace != usual.pace, "pace", plan::to_string(plan.pace));
    say(plan.targets != usual.targets, "targets", plan::to_string(plan.targets));
    say(plan.cycle != usual.cycle, "cycle", plan::name(plan.cycle));
    say(plan.handlers != plan::usual_handlers(plan.profile), "handlers", plan::handlers_text(plan.handlers));
    say(plan.fault != usual.fault, "fault", plan::name(plan.fault));
    say(plan.observe != usual.observe, "observe", plan::name(plan.observe));
    line += plan.hotplug ? " --hotplug" : "";
    line += plan.profile ? " --profile" : "";
    say(true, "seed", std::to_string(plan.seed));
    return line;
}

}  // namespace nmistorm::cli
