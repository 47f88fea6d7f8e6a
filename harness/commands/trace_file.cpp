// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/trace_file.h"

namespace nmistorm::commands {

void write_schedule(TraceFile& file, const trace::Subject& subject,
                    const std::vector<oracle::Record>& records) {
    oracle::Judge judge(subject.vcpus);
    file.begin(subject);
    for (const oracle::Record& record : records) {
        judge.take(record);
        file.take(record, judge);
    }
    file.end({});
}

}  // namespace nmistorm::commands
