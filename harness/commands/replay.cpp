// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm replay`
#include "engines/explore/replay.h"

#include <fmt/format.h>

#include "base/exit_code.h"
#include "commands/commands.h"
#include "commands/console.h"
#include "commands/explored_facts.h"
#include "commands/host.h"
#include "commands/interrupts.h"
#include "commands/text_file.h"
#include "commands/trace_file.h"
#include "engines/guest_image.h"
#include "report/ends.h"
#include "report/schedule_file.h"

namespace nmistorm::commands {

using engines::explore::ReplayResult;

int run(const cli::ReplayCommand& command) {
    catch_interrupts();
    const plan::ScheduleFile file =
        report::parse_schedule_file(read_text(command.file, "the schedule"), command.file);
    plan::ExplorePlan plan = file.plan;
    plan.guest_file = command.guest_file;
    const image::Image image = engines::guest_image(plan);
    engines::explore::require_image(file, image);
    AskedFiles facts_file(command.facts ? std::vector{*command.facts} : std::vector<std::string>{});
    std::optional<TraceFile> trace;
    if (command.trace) {
        trace.emplace(std::vector{*command.trace});
    }
    const kvm::System system = stepping_kvm_for(plan.arch);

    ReplayResult first;
    unsigned done = 0;
    unsigned same = 0;
    while (done == 0 || (done < command.times && !interrupted())) {
        ReplayResult result =
            engines::explore::replay(file, image, system, done == 0 && (command.facts || trace));
        same += done == 0 || text_of_finding(result) == text_of_finding(first) ? 1 : 0;
        if (done == 0) {
            first = std::move(result);
        }
        ++done;
    }
    const std::exception_ptr failure = failure_of([&] {
        if (command.facts) {
            plan::ScheduleFile played = file;
            played.plan = plan;
            facts_file.write(facts_of(played, image, first));
            facts_file.commit();
        }
        if (trace) {
            write_schedule(*trace,
                           {.image = image.name(),
                            .command = {"nmistorm", "replay", command.file},
                            .vcpus = plan.vcpus,
                            .name_at = names_of(image)},
                           first.records);
        }
    });
    if (!command.output.quiet) {
        std::string text = text_of(first, image);
        if (first.finding) {
            text += "\n" + report::text_of(report::ends_table(first.ends, first.finding->vcpu));
        }
        if (command.times > 1) {
            text += fmt::format("the same {} times of {}{}\n", same, done,
                                done < command.times ? " (interrupted)" : "");
        }
        print(text);
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
    const bool as_written =
        first.finding && oracle::name(first.finding->rule) == file.rule && first.whole && same == done;
    if (as_written) {
        return exit_violation;
    }
    return done < command.times ? exit_interrupted : exit_inconclusive;
}

}  // namespace nmistorm::commands
