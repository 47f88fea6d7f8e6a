// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace nmistorm::report {

/// The folder of --out. Like a report's file it is made before the run. If nothing was written to it in the
/// end, the destructor removes it again.
class OutputFolder {
  public:
    /// Throws UsageError if @p path is no place for a folder, or is there and not an empty one; Error if the
    /// host does not let it be made.
    explicit OutputFolder(const std::string& path);
    OutputFolder(const OutputFolder&) = delete;
    OutputFolder& operator=(const OutputFolder&) = delete;
    ~OutputFolder();

    /// The path of a file in it.
    [[nodiscard]] std::string file(const std::string& name) const;

  private:
    std::string path_;
    bool made_ = false;
};

}  // namespace nmistorm::report
