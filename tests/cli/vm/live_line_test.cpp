// SPDX-License-Identifier: GPL-2.0-or-later
// A stderr that accepts nothing stops the live line, not the run.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

#include "folder.h"
#include "full_pipe.h"
#include "report.h"

namespace nmistorm::test {
namespace {

struct Run {
    const char* name;
    Words words;
};

void PrintTo(const Run& run, std::ostream* out) {
    *out << run.name;
}

class LiveLine : public testing::TestWithParam<Run> {
  protected:
    /// Runs the program to its end with @p err and returns what it reported.
    static Json report_with(const Stream& err) {
        const Folder folder;
        Words words = GetParam().words;
        words.insert(words.end(), {"--progress", "always", "--json", folder.path("report.json")});
        const Ended ended = run(words, {.err = err});
        EXPECT_EQ(ended.signal, 0);
        const Json report = Json::parse(folder.text("report.json"), nullptr, false);
        return report.is_object() ? report : Json::object();
    }
};

TEST_P(LiveLine, to_a_pipe_that_nobody_reads_does_not_stop_the_run) {
    const Folder folder;
    const FullPipe pipe(folder.path("pipe"));
    EXPECT_EQ(report_with({Stream::To::file, folder.path("pipe")})["interrupted"], false);
}

TEST_P(LiveLine, to_a_terminal_that_is_stopped_does_not_stop_the_run) {
    const Fd terminal(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_TRUE(terminal);
    ASSERT_EQ(grantpt(terminal.get()), 0);
    ASSERT_EQ(unlockpt(terminal.get()), 0);
    const std::string name = ptsname(terminal.get());
    const Fd line(open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_EQ(tcflow(line.get(), TCOOFF), 0);  // as Ctrl-S does
    EXPECT_EQ(report_with({Stream::To::file, name})["interrupted"], false);
}

INSTANTIATE_TEST_SUITE_P(
    Of, LiveLine,
    testing::Values(Run{"storm", {"storm", "--duration", "1s"}},
                    Run{"matrix", {"matrix", "--faults", "none", "--seeds", "1", "--duration", "1s"}},
                    Run{"explore", {"explore", "--nmis", "2", "--preemptions", "3", "--budget", "1s"}}),
    [](const auto& run) { return std::string(run.param.name); });

}  // namespace
}  // namespace nmistorm::test
