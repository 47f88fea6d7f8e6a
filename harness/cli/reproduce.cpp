// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/reproduce.h"

#include <string_view>
#include <utility>

#include "plan/names.h"

namespace nmistorm::cli {
namespace {

std::string shell_quoted(std::string_view word) {
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

/// A command line; adds a flag only if its value differs from the default.
class Line {
  public:
    explicit Line(std::string command) : words_{"nmistorm", std::move(command)} {}
    void say(bool differs, std::string_view flag, std::string_view value) {
        if (differs) {
            words_.push_back("--" + std::string(flag));
            words_.emplace_back(value);
        }
    }
    void flag(bool given, std::string_view flag) {
        if (given) {
            words_.push_back("--" + std::string(flag));
        }
    }
    [[nodiscard]] std::vector<std::string> words() && { return std::move(words_); }
    [[nodiscard]] std::string text() const {
        std::string text;
        for (const std::string& word : words_) {
            text.append(text.empty() ? "" : " ").append(shell_quoted(word));
        }
        return text;
    }

  private:
    std::vector<std::string> words_;
};

Line line_of(const plan::RunPlan& plan) {
    const plan::RunPlan usual;
    Line line("storm");
    line.say(plan.arch != usual.arch, "arch", plan::name(plan.arch));
    line.say(plan.guest_file.has_value(), "guest", plan.guest_file.value_or(""));
    line.say(plan.vcpus != usual.vcpus, "vcpus", std::to_string(plan.vcpus));
    // With --nmis or --until there is no default duration, so even the usual 10s must be written.
    if (plan.duration) {
        line.say(plan.nmis || plan.until_covered || plan.duration != usual.duration, "duration",
                 plan::to_string(*plan.duration));
    }
    line.say(plan.nmis.has_value(), "nmis", std::to_string(plan.nmis.value_or(0)));
    line.say(plan.until_covered, "until", "covered");
    line.say(plan.source != usual.source, "source", plan::name(plan.source));
    line.say(plan.pace != usual.pace, "pace", plan::to_string(plan.pace));
    line.say(plan.injector != usual.injector, "injector", plan::name(plan.injector));
    if (plan.slice) {
        line.say(true, "slice", plan::to_string(*plan.slice));
    }
    line.say(plan.targets != usual.targets, "targets", plan::to_string(plan.targets));
    line.say(plan.cycle != usual.cycle, "cycle", plan::name(plan.cycle));
    line.say(plan.handlers != plan::usual_handlers(plan.profile), "handlers",
             plan::handlers_text(plan.handlers));
    line.say(plan.fault != usual.fault, "fault", plan::name(plan.fault));
    line.say(plan.guest_build.has_value(), "guest-build", plan.guest_build.value_or(""));
    line.say(plan.observe != usual.observe, "observe", plan::name(plan.observe));
    line.flag(plan.hotplug, "hotplug");
    line.flag(plan.profile, "profile");
    line.say(true, "seed", std::to_string(plan.seed));
    return line;
}

}  // namespace

std::string reproduce(const plan::RunPlan& plan) {
    return line_of(plan).text();
}

std::vector<std::string> command_of(const plan::RunPlan& plan) {
    return line_of(plan).words();
}

std::string reproduce(const plan::MatrixPlan& plan) {
    const plan::MatrixPlan usual;
    Line line("matrix");
    line.say(plan.arch != usual.arch, "arch", plan::name(plan.arch));
    line.say(plan.faults != usual.faults, "faults", plan::to_string(plan.faults));
    line.say(!plan.guest_builds.empty(), "guest-build", plan::to_string(plan.guest_builds));
    line.say(plan.injector != usual.injector, "injector", plan::name(plan.injector));
    line.say(plan.seeds != usual.seeds, "seeds", std::to_string(plan.seeds));
    line.say(plan.duration != usual.duration, "duration", plan::to_string(plan.duration));
    line.flag(plan.explore, "explore");
    line.say(plan.jobs != usual.jobs, "jobs", std::to_string(plan.jobs.value_or(0)));
    line.say(true, "seed", std::to_string(plan.seed));
    return line.text();
}

std::string reproduce(const plan::ExplorePlan& plan) {
    const plan::ExplorePlan usual;
    Line line("explore");
    line.say(plan.arch != usual.arch, "arch", plan::name(plan.arch));
    line.say(plan.guest_file.has_value(), "guest", plan.guest_file.value_or(""));
    line.say(plan.fault != usual.fault, "fault", plan::name(plan.fault));
    line.say(plan.guest_build.has_value(), "guest-build", plan.guest_build.value_or(""));
    line.say(plan.vcpus != usual.vcpus, "vcpus", std::to_string(plan.vcpus));
    line.say(plan.cycle != usual.cycle, "cycle", plan::name(plan.cycle));
    line.say(plan.condition.has_value(), "condition",
             plan::name(plan.condition.value_or(plan::Condition::busy)));
    line.say(plan.swaps != usual.swaps, "swaps", std::to_string(plan.swaps));
    line.say(plan.preemptions != usual.preemptions, "preemptions", std::to_string(plan.preemptions));
    line.say(plan.nmis != usual.nmis, "nmis", std::to_string(plan.nmis));
    line.say(plan.reduction != usual.reduction, "reduction", plan::name(plan.reduction));
    line.say(plan.shard != usual.shard, "shard", plan::to_string(plan.shard));
    if (plan.budget) {
        line.say(true, "budget", plan::to_string(*plan.budget));
    }
    if (plan.memory) {
        line.say(true, "memory", plan::size_text(*plan.memory));
    }
    return line.text();
}

}  // namespace nmistorm::cli
