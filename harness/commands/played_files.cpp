// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/played_files.h"

#include <utility>

#include "commands/explored_facts.h"

namespace nmistorm::commands {

void PlayedFiles::write(const plan::ScheduleFile& file, const image::Image& image,
                        const engines::explore::ReplayResult& result, std::vector<std::string> command,
                        Failures& failures) {
    if (facts_.any()) {
        failures.attempt([&] {
            facts_.write(facts_of(file, image, result));
            facts_.commit();
        });
    }
    if (trace_) {
        failures.attempt([&] {
            write_schedule(*trace_,
                           {.image = image.name(),
                            .command = std::move(command),
                            .vcpus = file.plan.vcpus,
                            .name_at = names_of(image)},
                           result);
        });
    }
}

}  // namespace nmistorm::commands
