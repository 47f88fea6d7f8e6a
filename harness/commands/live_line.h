// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <thread>

#include "cli/command_line.h"

namespace nmistorm::commands {

/// The live line on stderr; rewritten in place, and gone with this.
///
/// It is written by a thread of its own: a terminal that is stopped (Ctrl-S), or a pipe that nobody reads,
/// keeps a writer waiting, and that must not be the one that injects and drains.
class LiveLine {
  public:
    static constexpr std::size_t width = 79;  ///< of any terminal; asking would take an ioctl

    /// Throws Error where it is to be shown and there can be no further thread.
    explicit LiveLine(const cli::Output& output);
    /// Where stderr takes nothing, what is there stays there.
    ~LiveLine();
    LiveLine(const LiveLine&) = delete;
    LiveLine& operator=(const LiveLine&) = delete;

    /// Does not wait. Of lines that come faster than stderr takes them, the last is shown.
    void show(std::string line);

  private:
    class Writer;
    std::shared_ptr<Writer> writer_;  ///< the thread's, too; null: nothing is shown
    std::thread thread_;
};

}  // namespace nmistorm::commands
