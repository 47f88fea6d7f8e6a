// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm --help`, `nmistorm --version`
#include <fmt/format.h>

#include <nmistorm/abi/version.h>

#include "commands/commands.h"
#include "commands/console.h"
#include "commands/program.h"
#include "report/schemas.h"

namespace nmistorm::commands {

int run(const cli::Answer& answer) {
    print(answer.text);
    return 0;
}

int run(const cli::Version&) {
    print(fmt::format("nmistorm {}\nguest ABI {}\nschemas {} {} {} {} {} {} {} {} {} {} {}\nbuild ID {}\n",
                      version(), abi::version, report::run_schema, report::matrix_schema,
                      report::explore_schema, report::doctor_schema, report::conform_schema,
                      report::bench_schema, report::merged_schema, report::facts_schema,
                      report::schedule_schema, report::progress_schema, report::provenance_schema,
                      build_id()));
    return 0;
}

}  // namespace nmistorm::commands
