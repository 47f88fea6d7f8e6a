// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <thread>

#include "cli/command_line.h"

namespace nmistorm::commands {

/// The live line on stderr. It is rewritten in place and removed by the destructor.
///
/// A thread of its own writes it: a stopped terminal (Ctrl-S) or a pipe that nobody reads blocks the writer,
/// and that must not be the thread that reads facts.
class LiveLine {
  public:
    static constexpr std::size_t width = 79;  ///< fits any terminal; asking for its width would take an ioctl

    /// Throws Error if the line is to be shown and no further thread can be created.
    explicit LiveLine(const cli::Output& output);
    /// If stderr accepts nothing, the line stays.
    ~LiveLine();
    LiveLine(const LiveLine&) = delete;
    LiveLine& operator=(const LiveLine&) = delete;

    /// Does not block. If lines come faster than stderr accepts them, only the last one is shown.
    void show(std::string line);

  private:
    class Writer;
    std::shared_ptr<Writer> writer_;  ///< shared with the thread; null: nothing is shown
    std::thread thread_;
};

}  // namespace nmistorm::commands
