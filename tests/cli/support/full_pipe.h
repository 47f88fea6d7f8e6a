// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include <gtest/gtest.h>

#include "base/fd.h"

namespace nmistorm::test {

/// A named pipe whose reader reads nothing, so that a writer blocks.
class FullPipe {
  public:
    explicit FullPipe(const std::string& path) {
        EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
        ends_ = Fd(open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
        const std::string page(4096, '.');
        while (write(ends_.get(), page.data(), page.size()) > 0) {
        }
    }

    void empty() {
        std::string page(4096, '.');
        while (read(ends_.get(), page.data(), page.size()) > 0) {
        }
    }

  private:
    Fd ends_;
};

}  // namespace nmistorm::test
