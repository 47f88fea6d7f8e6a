// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm judge` where something comes in between.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <string>

#include "folder.h"
#include "program.h"

namespace nmistorm::test {
namespace {

const std::string trace = NMISTORM_FACTS "/clean-unset.jsonl";

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

TEST(Judge, that_is_interrupted_says_so_and_leaves_no_temporary_file) {
    const Folder folder;
    const std::string text = text_of(trace);
    const std::string pipe = folder.path("pipe");
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    Program program({"judge", pipe, "--json", folder.path("report.json")}, {.kvm = no_kvm});
    std::ofstream facts(pipe);  // waits until it is opened to be read
    facts << text.substr(0, text.size() / 2) << std::flush;
    program.send(SIGINT);
    std::signal(SIGPIPE, SIG_IGN);  // it may have ended by now
    facts << text.substr(text.size() / 2);
    facts.close();
    std::signal(SIGPIPE, SIG_DFL);
    const Ended ended = program.wait();
    EXPECT_EQ(ended.code, 130) << ended.err;
    EXPECT_EQ(ended.err, "nmistorm: interrupted before all facts were judged\n");
    EXPECT_EQ(folder.entries(), 1U) << "more than the pipe";
}

}  // namespace
}  // namespace nmistorm::test
