// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/console.h"

#include <gtest/gtest.h>

namespace nmistorm::commands {
namespace {

cli::Output output(cli::ShowProgress progress) {
    return {.json = {}, .progress = progress, .quiet = false};
}

/// What a live line writes that is shown twice.
std::string written(const cli::Output& output) {
    testing::internal::CaptureStderr();
    {
        LiveLine line(output);
        line.show("one");
        line.show("two");
    }
    return testing::internal::GetCapturedStderr();
}

TEST(LiveLine, is_rewritten_in_place_and_gone_at_the_end) {
    EXPECT_EQ(written(output(cli::ShowProgress::always)), "\rone\x1b[K\rtwo\x1b[K\r\x1b[K");
}

TEST(LiveLine, is_shown_to_a_terminal_alone_unless_it_is_asked_for) {
    EXPECT_EQ(written(output(cli::ShowProgress::automatic)), "") << "stderr is a file here";
    EXPECT_EQ(written(output(cli::ShowProgress::never)), "");
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
