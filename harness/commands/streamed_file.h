// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "commands/text_file.h"

namespace nmistorm::commands {

/// Files that are written to as a run goes on, all with the same. After a failure, which end() throws, the
/// run goes on without them.
class StreamedFile {
  public:
    /// Throws as OutputFile does.
    explicit StreamedFile(const std::vector<std::string>& paths) : files_(paths) {}

    void add(std::string_view text) {
        text_ += text;
        if (text_.size() > enough) {
            flush();
        }
    }
    /// Call once, last. Throws Error where not everything could be written.
    void end() {
        flush();
        files_.commit();
    }

  private:
    static constexpr std::size_t enough = std::size_t{1} << 16;

    void flush() {
        files_.write(text_);
        text_.clear();
    }

    AskedFiles files_;
    std::string text_;  ///< not written yet
};

}  // namespace nmistorm::commands
