// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm bench`
#include "bench/bench.h"
#include "bench/report.h"
#include "commands/commands.h"
#include "commands/host.h"
#include "commands/interrupts.h"
#include "commands/live_line.h"
#include "commands/reports.h"
#include "commands/status_line.h"
#include "image/embedded.h"
#include "plan/names.h"

namespace nmistorm::commands {
namespace {

bench::Figures watched_bench(const cli::BenchCommand& command) {
    const kvm::System system = kvm_for(command.plan.arch);
    const image::Image image = image::embedded(fmt::format("guest_{}_none", plan::name(command.plan.arch)));
    LiveLine line(command.output);
    const auto show = [&line](const bench::BenchStatus& status) {
        line.show(status_line(status, LiveLine::width));
    };
    return bench::measure(command.plan, image, system, {.status = show, .interrupted = interrupted});
}

}  // namespace

int run(const cli::BenchCommand& command) {
    catch_interrupts();  // before there are temporary files to remove
    Reports reports(command.output);
    return reports.write(document(command.plan, watched_bench(command), provenance_of(command.reproduce)));
}

}  // namespace nmistorm::commands
