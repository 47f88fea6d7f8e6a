// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm report`
#include <fstream>

#include "base/error.h"
#include "campaign/merge.h"
#include "cli/reproduce.h"
#include "commands/commands.h"
#include "commands/host.h"
#include "commands/interrupts.h"
#include "commands/reports.h"

namespace nmistorm::commands {

int run(const cli::ReportCommand& command) {
    catch_interrupts();  // before there are temporary files to remove
    Reports reports(command.output);
    std::vector<campaign::Result> results;
    for (const std::string& name : command.files) {
        std::ifstream file(name);
        if (!file) {
            throw UsageError("the report " + name + " cannot be read; does it exist?");
        }
        results.push_back(campaign::read_result(file, name));
    }
    campaign::check_shards(results);
    std::vector<std::string> words = {"nmistorm", "report"};
    words.insert(words.end(), command.files.begin(), command.files.end());
    return reports.write(document(results, provenance_of(cli::quoted(words))));
}

}  // namespace nmistorm::commands
