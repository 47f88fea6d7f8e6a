// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm replay`
#include "engines/explore/replay.h"

#include <fmt/format.h>

#include "base/exit_code.h"
#include "cli/reproduce.h"
#include "commands/commands.h"
#include "commands/console.h"
#include "commands/failures.h"
#include "commands/host.h"
#include "commands/interrupts.h"
#include "commands/played_files.h"
#include "commands/text_file.h"
#include "engines/guest_image.h"
#include "report/ends.h"
#include "report/schedule_file.h"

namespace nmistorm::commands {

namespace {

using engines::explore::ReplayResult;

std::vector<std::string> named(const std::optional<std::string>& path) {
    return path ? std::vector{*path} : std::vector<std::string>{};
}

std::vector<std::string> words_of(const cli::ReplayCommand& command) {
    std::vector<std::string> words = {"nmistorm", "replay", command.file};
    if (command.guest_file) {
        words.insert(words.end(), {"--guest", *command.guest_file});
    }
    return words;
}

}  // namespace

int run(const cli::ReplayCommand& command) {
    catch_interrupts();
    const plan::ScheduleFile file =
        report::parse_schedule_file(read_text(command.file, "the schedule"), command.file);
    plan::ExplorePlan plan = file.plan;
    plan.guest_file = command.guest_file;
    const image::Image image = engines::guest_image(plan);
    engines::explore::require_image(file, image);
    PlayedFiles files(named(command.facts), named(command.trace));
    const kvm::System system = stepping_kvm_for(plan.arch);

    ReplayResult first;
    unsigned done = 0;
    unsigned same = 0;
    while (done == 0 || (done < command.times && !interrupted())) {
        ReplayResult result = engines::explore::replay(file, image, system, done == 0 && files.any());
        same += done == 0 || text_of_finding(result) == text_of_finding(first) ? 1 : 0;
        if (done == 0) {
            first = std::move(result);
        }
        ++done;
    }
    plan::ScheduleFile played = file;
    played.plan = plan;
    Failures failures;
    files.write(played, image, first, words_of(command), failures);
    if (!command.output.quiet) {
        std::string text = text_of(first, image);
        if (first.finding) {
            text += "\n" + report::text_of(report::ends_table(first.ends, first.finding->vcpu));
        }
        if (command.times > 1) {
            text += fmt::format("the same {} times of {}{}\n", same, done,
                                done < command.times ? " (interrupted)" : "");
        }
        text += "\nTo repeat this: " + cli::quoted(words_of(command)) + "\n";
        failures.attempt([&] { print(text); });
    }
    failures.rethrow();
    const bool as_written =
        first.finding && oracle::name(first.finding->rule) == file.rule && first.whole && same == done;
    if (as_written) {
        return exit_violation;
    }
    return done < command.times ? exit_interrupted : exit_inconclusive;
}

}  // namespace nmistorm::commands
