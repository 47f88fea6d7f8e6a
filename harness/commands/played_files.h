// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/failures.h"
#include "commands/text_file.h"
#include "commands/trace_file.h"
#include "engines/explore/replay.h"

namespace nmistorm::commands {

/// The files of --facts and --trace of one schedule that is played.
class PlayedFiles {
  public:
    /// Throws as OutputFile does.
    PlayedFiles(const std::vector<std::string>& facts, const std::vector<std::string>& trace)
        : facts_(facts), trace_(trace_at(trace)) {}

    /// The user asked for one: the schedule is to be played with its records kept.
    [[nodiscard]] bool any() const { return facts_.any() || trace_; }

    /// Writes what the oracle was told while @p file was played on @p image. Call at most once. @p command:
    /// the words that played it. What cannot be written is among @p failures.
    void write(const plan::ScheduleFile& file, const image::Image& image,
               const engines::explore::ReplayResult& result, std::vector<std::string> command,
               Failures& failures);

  private:
    AskedFiles facts_;
    std::optional<TraceFile> trace_;
};

}  // namespace nmistorm::commands
