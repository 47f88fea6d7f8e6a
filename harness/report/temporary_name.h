// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <string>

namespace nmistorm::report {

/// The name of a temporary file. The file is removed with this, and by remove_temporaries(). To be made and
/// destroyed on the main thread.
class TemporaryName {
  public:
    /// @p path is of a file that there is, in a folder named from the root.
    explicit TemporaryName(std::string path);
    ~TemporaryName();
    TemporaryName(const TemporaryName&) = delete;
    TemporaryName& operator=(const TemporaryName&) = delete;

    [[nodiscard]] const char* path() const { return path_.c_str(); }

  private:
    friend void remove_temporaries();

    std::string path_;
    std::atomic<TemporaryName*> next_;  ///< of all there are
};

/// Removes the temporary files of this process. For a signal handler that is about to end it.
void remove_temporaries();

}  // namespace nmistorm::report
