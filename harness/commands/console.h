// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

#include "cli/command_line.h"

namespace nmistorm::commands {

/// To stdout. Throws Error where it cannot, as with any other output.
void print(std::string_view text);

/// To stderr; where that fails there is nobody left to tell.
void tell(std::string_view text);

/// The live line on stderr; rewritten in place, and gone with this.
class LiveLine {
  public:
    static constexpr std::size_t width = 79;  ///< of any terminal; asking would take an ioctl

    explicit LiveLine(const cli::Output& output);
    ~LiveLine() { clear(); }
    LiveLine(const LiveLine&) = delete;
    LiveLine& operator=(const LiveLine&) = delete;

    void show(std::string_view line);
    void clear();

  private:
    bool shown_;
    bool drawn_ = false;
};

}  // namespace nmistorm::commands
