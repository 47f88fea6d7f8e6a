// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/console.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "base/fd.h"
#include "commands/live_line.h"
#include "commands/reports.h"

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

/// A terminal, as the program that runs in it sees it.
Fd terminal(Fd& master) {
    master = Fd(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    EXPECT_EQ(grantpt(master.get()), 0);
    EXPECT_EQ(unlockpt(master.get()), 0);
    return Fd(open(ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
}

TEST(Colour, is_for_terminals_alone_unless_the_user_wants_none) {
    Fd master;
    const Fd screen = terminal(master);
    const Fd file(open("/dev/null", O_WRONLY | O_CLOEXEC));
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    EXPECT_TRUE(takes_colour(screen.get()));
    EXPECT_FALSE(takes_colour(file.get()));
    setenv("NO_COLOR", "", 1);
    EXPECT_TRUE(takes_colour(screen.get())) << "an empty one says nothing";
    setenv("NO_COLOR", "1", 1);
    EXPECT_FALSE(takes_colour(screen.get()));
    unsetenv("NO_COLOR");
}

TEST(Colour, of_a_summary_heeds_it) {
    Fd master;
    const Fd screen = terminal(master);
    setenv("TERM", "xterm", 1);
    const auto shown = [&](const char* no_colour) {
        setenv("NO_COLOR", no_colour, 1);
        const Fd before(dup(STDOUT_FILENO));
        dup2(screen.get(), STDOUT_FILENO);
        Reports(cli::Output{}).write({.command = {}, .end = {}, .headline = "2.0 s", .provenance = {}});
        dup2(before.get(), STDOUT_FILENO);
        unsetenv("NO_COLOR");
        std::string text(16, '\0');
        const ssize_t got = read(master.get(), text.data(), text.size());
        EXPECT_GT(got, 0);
        tcflush(screen.get(), TCIOFLUSH);
        return text;
    };
    EXPECT_EQ(shown("")[0], '\x1b');
    EXPECT_NE(shown("1")[0], '\x1b');
}

/// What stderr gets of a live line and of "end" on a terminal of this kind, up to @p count characters.
std::string shown_on(const char* kind, std::size_t count) {
    setenv("TERM", kind, 1);
    Fd master;
    const Fd screen = terminal(master);
    const Fd before(dup(STDERR_FILENO));
    dup2(screen.get(), STDERR_FILENO);
    {
        LiveLine line(output(cli::ShowProgress::automatic));
        line.show("one");
    }
    tell("end");
    dup2(before.get(), STDERR_FILENO);
    std::string text(count, '\0');
    const ssize_t got = read(master.get(), text.data(), text.size());
    return text.substr(0, got > 0 ? static_cast<std::size_t>(got) : 0);
}

TEST(DumbTerminal, gets_neither_colours_nor_a_live_line) {
    EXPECT_EQ(shown_on("dumb", 64), "end");
    Fd master;
    const Fd screen = terminal(master);
    EXPECT_FALSE(takes_colour(screen.get()));
    setenv("TERM", "xterm", 1);
    EXPECT_TRUE(takes_colour(screen.get()));
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
