// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/trace_file.h"

namespace nmistorm::commands {

void write_schedule(TraceFile& file, const trace::Subject& subject,
                    const engines::explore::ReplayResult& played) {
    oracle::Judge judge(subject.vcpus);
    file.begin(subject);
    auto request = played.requests.begin();
    const auto request_until = [&](std::size_t records) {
        for (; request != played.requests.end() && request->records <= records; ++request) {
            file.nmi_requested(request->vcpu);
        }
    };
    for (std::size_t i = 0; i < played.records.size(); ++i) {
        request_until(i);
        judge.take(played.records[i]);
        file.take(played.records[i], judge);
    }
    request_until(played.records.size());
    file.end({});
}

}  // namespace nmistorm::commands
