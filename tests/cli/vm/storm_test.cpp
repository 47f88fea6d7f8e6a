// SPDX-License-Identifier: GPL-2.0-or-later
// Whole runs: what is printed where, and that it is right.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "damaged.h"
#include "folder.h"
#include "report.h"

namespace nmistorm::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(Storm, in_lockstep_reports_exactly_what_was_asked_for) {
    const Folder folder;
    const Ended ended = run({"storm", "--nmis", "500", "--seed", "7", "--json", folder.path("run.json")});
    const Json report = valid_report(folder.text("run.json"));
    expect_verdicts_code(ended, report);
    EXPECT_EQ(report["command"], "storm");
    EXPECT_EQ(report["interrupted"], false);
    EXPECT_EQ(report["reproduce"], "nmistorm storm --nmis 500 --seed 7");
    EXPECT_EQ(report["guest"]["arch"], "x86_64");
    EXPECT_EQ(report["guest"]["image"], "embedded");
    EXPECT_EQ(report["guest"]["fault"], "none");
    EXPECT_THAT(report["guest"]["build"], testing::AnyOf("gcc-O2", "clang-O2"));
    EXPECT_EQ(report["plan"]["nmis"], 500);
    EXPECT_EQ(report["plan"]["seed"], 7);
    EXPECT_EQ(report["plan"]["vcpus"], 2);
    EXPECT_EQ(report["nmi"]["requested"], 500);
    EXPECT_EQ(report["nmi"]["accepted"], 500);
    EXPECT_EQ(report["nmi"]["coalesced"], 0);
    EXPECT_EQ(report["nmi"]["handled"], 500);
    EXPECT_EQ(report["nmi"]["per_cpu"], Json::parse("[250, 250]"));
    EXPECT_EQ(report["rcu"]["swaps"], report["rcu"]["freed"]);
    EXPECT_EQ(report["events_lost"], 0);
}

TEST(Storm, of_a_good_guest_passes_with_a_summary_on_stdout) {
    const Ended ended = run({"storm", "--nmis", enough_nmis});
    EXPECT_EQ(ended.code, 0) << ended.out;
    EXPECT_THAT(ended.out, StartsWith("PASS"));
    EXPECT_THAT(ended.out, HasSubstr("4,000 requested, 4,000 accepted, 0 coalesced, 4,000 handled"));
    EXPECT_EQ(ended.err, "");
}

TEST(Storm, with_a_profile_ends_in_a_table_of_where_nmis_hit_the_guest) {
    const Folder folder;
    const Ended ended = run({"storm", "--nmis", enough_nmis, "--profile", "--hotplug", "--cycle", "unload",
                             "--json", folder.path("run.json")});
    const Json report = valid_report(folder.text("run.json"));
    expect_verdicts_code(ended, report);
    EXPECT_EQ(report["plan"]["handlers"], "long,sampling");
    EXPECT_GT(report["rcu"]["unloaded"], 0);
    EXPECT_GT(report["rcu"]["onlines"], 0);
    ASSERT_FALSE(report["profile"].empty());
    EXPECT_THAT(ended.out, HasSubstr("\n\nNMIs hit the guest in   "));
    EXPECT_THAT(ended.out, HasSubstr("  " + report["profile"][0]["symbol"].get<std::string>() + "\n"));
}

TEST(Storm, that_is_quiet_prints_nothing_where_it_passes) {
    const Ended ended = run({"storm", "--nmis", enough_nmis, "--quiet"});
    EXPECT_EQ(ended.code, 0);
    EXPECT_EQ(ended.out, "");
    EXPECT_EQ(ended.err, "");
}

TEST(Storm, takes_its_plan_from_a_configuration_file) {
    const Folder folder;
    const std::string config = folder.put(
        "storm.toml", "[storm]\nvcpus = 3\ntargets = [1, 2]\nnmis = 400\nseed = 9\nquiet = true\n");
    const Ended ended = run({"storm", "--config", config, "--seed", "8", "--json", "-"});
    const Json report = valid_report(ended.out);
    expect_verdicts_code(ended, report);
    EXPECT_EQ(ended.err, "");
    EXPECT_EQ(report["plan"]["targets"], "1,2");
    EXPECT_EQ(report["plan"]["seed"], 8) << "the command line goes first";
    EXPECT_EQ(report["nmi"]["per_cpu"], Json::parse("[0, 200, 200]"));
}

TEST(Storm, runs_a_guest_of_ones_own_without_section_headers) {
    const Folder folder;
    const std::string guest = folder.put("stripped", stripped(clean_image()));
    const Ended ended = run({"storm", "--guest", guest, "--nmis", "500", "--json", "-"});
    const Json report = valid_report(ended.out);
    expect_verdicts_code(ended, report);
    EXPECT_NE(report["verdict"], "violation");
    EXPECT_EQ(report["guest"]["image"], guest);
    EXPECT_EQ(report["guest"]["build"], nullptr);
    EXPECT_EQ(report["nmi"]["handled"], 500);
}

TEST(Storm, of_the_other_architecture_passes_or_says_that_this_host_cannot) {
    const Ended ended = run({"storm", "--arch", "i386", "--nmis", enough_nmis});
    if (ended.code == 77) {
        expect_error(ended, 77, "i386");
    } else {
        EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
    }
}

TEST(Storm, on_a_kvm_that_fails_in_the_middle_is_a_failure_of_the_harness_and_leaves_no_file) {
    const Folder folder;
    for (const auto& [kvm, says] : {std::pair("KVM_RUN=-14", "KVM_RUN"),
                                    {"KVM_NMI=-22", "KVM_NMI"},
                                    {"KVM_CREATE_VCPU=-12", "KVM_CREATE_VCPU"}}) {
        expect_error(run({"storm", "--json", folder.path("run.json")}, {.kvm = kvm}), 3, says);
        EXPECT_EQ(folder.entries(), 0U);
    }
}

TEST(Storm, shows_no_live_line_on_a_pipe) {
    for (const Words& progress : {Words{}, {"--progress", "auto"}, {"--progress", "never"}}) {
        Words words = {"storm", "--nmis", "500"};
        words.insert(words.end(), progress.begin(), progress.end());
        EXPECT_EQ(run(words).err, "");
    }
}

TEST(Storm, shows_a_live_line_where_that_is_always_wanted_and_clears_it) {
    const Ended ended = run({"storm", "--duration", "500ms", "--progress", "always"});
    EXPECT_THAT(ended.err, HasSubstr(" handled"));
    EXPECT_THAT(ended.err, testing::EndsWith("\r\x1b[K"));
    EXPECT_EQ(ended.out.find('\r'), std::string::npos);
}

TEST(Storm, shows_a_live_line_on_a_terminal) {
    const Fd terminal(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_TRUE(terminal);
    ASSERT_EQ(grantpt(terminal.get()), 0);
    ASSERT_EQ(unlockpt(terminal.get()), 0);
    const std::string name = ptsname(terminal.get());
    // A terminal buffers half a second of it.
    for (const Words& quiet : {Words{}, Words{"--quiet"}}) {
        Words words = {"storm", "--duration", "500ms"};
        words.insert(words.end(), quiet.begin(), quiet.end());
        Program program(words, {.err = {Stream::To::file, name}});
        const Fd held(open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));  // keeps it readable
        program.wait();
        fcntl(terminal.get(), F_SETFL, O_NONBLOCK);
        char text[4096] = {};
        const ssize_t got = read(terminal.get(), text, sizeof(text) - 1);
        EXPECT_EQ(got > 0 && std::string(text).find(" handled") != std::string::npos, quiet.empty()) << text;
    }
}

}  // namespace
}  // namespace nmistorm::test
