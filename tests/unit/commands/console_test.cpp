// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/console.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

#include "base/fd.h"
#include "commands/live_line.h"

namespace nmistorm::commands {
namespace {

cli::Output output(cli::ShowProgress progress) {
    return {.json = {}, .progress = progress, .quiet = false};
}

/// stderr as a pipe, as long as this is there.
class StderrPipe {
  public:
    StderrPipe() : before_(dup(STDERR_FILENO)) {
        std::array<int, 2> ends{};
        EXPECT_EQ(pipe(ends.data()), 0);
        reader_ = Fd(ends[0]);
        EXPECT_EQ(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
        close(ends[1]);
    }
    StderrPipe(const StderrPipe&) = delete;
    StderrPipe& operator=(const StderrPipe&) = delete;
    ~StderrPipe() { dup2(before_.get(), STDERR_FILENO); }

    /// Waits for so many characters.
    [[nodiscard]] std::string next(std::size_t count) const {
        std::string text(count, '\0');
        std::size_t have = 0;
        while (have < count) {
            const ssize_t got = read(reader_.get(), text.data() + have, count - have);
            if (got <= 0) {
                break;
            }
            have += static_cast<std::size_t>(got);
        }
        return text.substr(0, have);
    }

  private:
    Fd before_;
    Fd reader_;
};

TEST(LiveLine, is_rewritten_in_place_and_gone_at_the_end) {
    const StderrPipe out;
    {
        LiveLine line(output(cli::ShowProgress::always));
        for (const std::string text : {"one", "two"}) {
            line.show(text);
            const std::string shown = "\r" + text + "\x1b[K";
            EXPECT_EQ(out.next(shown.size()), shown);
        }
    }
    EXPECT_EQ(out.next(4), "\r\x1b[K");
}

TEST(LiveLine, is_shown_to_a_terminal_alone_unless_it_is_asked_for) {
    for (const auto progress : {cli::ShowProgress::automatic, cli::ShowProgress::never}) {
        const StderrPipe out;
        {
            LiveLine line(output(progress));
            line.show("one");
        }
        tell("end");
        EXPECT_EQ(out.next(3), "end");
    }
}

TEST(Print, writes_to_stdout_and_tell_to_stderr) {
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    print("data\n");
    tell("words\n");
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "data\n");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "words\n");
}

}  // namespace
}  // namespace nmistorm::commands
