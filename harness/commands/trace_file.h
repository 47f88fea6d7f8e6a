// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/streamed_file.h"
#include "engines/explore/replay.h"
#include "image/image.h"
#include "oracle/record.h"
#include "trace/trace.h"

namespace nmistorm::commands {

/// Its name in the folder of --out.
inline constexpr const char* trace_name = "trace.perfetto-trace";

/// The files of --trace and --out, which are written to as a run goes on.
class TraceFile {
  public:
    /// Throws as OutputFile does.
    explicit TraceFile(const std::vector<std::string>& paths) : file_(paths) {}

    /// Call once, first.
    void begin(trace::Subject subject) {
        trace_.emplace(std::move(subject), [this](std::string_view bytes) { file_.add(bytes); });
    }
    void take(const oracle::Record& record, const oracle::Judge& judge) { trace_->take(record, judge); }
    void nmi_requested(unsigned vcpu) { trace_->nmi_requested(vcpu); }
    void requests(const std::vector<oracle::SourceAccount>& sources) { trace_->requests(sources); }
    /// Call once, last. Throws Error where not everything could be written.
    void end(const trace::End& end) {
        trace_->end(end);
        file_.end();
    }

  private:
    StreamedFile file_;
    std::optional<trace::Trace> trace_;
};

/// None if there are no @p paths.
inline std::optional<TraceFile> trace_at(const std::vector<std::string>& paths) {
    if (paths.empty()) {
        return std::nullopt;
    }
    return std::optional<TraceFile>(std::in_place, paths);
}

/// The names of @p image, which must outlive what is returned.
inline trace::Names::Lookup names_of(const image::Image& image) {
    return [&image](GuestVirt at) { return image.name_at(at); };
}

/// Writes the trace of one schedule that was @p played. Throws Error if that fails.
void write_schedule(TraceFile& file, const trace::Subject& subject,
                    const engines::explore::ReplayResult& played);

}  // namespace nmistorm::commands
