// SPDX-License-Identifier: GPL-2.0-or-later
// The reports for CI, of runs that need no KVM: facts that are judged again, and a doctor who finds none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "folder.h"
#include "program.h"
#include "report.h"

namespace nmistorm::test {
namespace {

using testing::HasSubstr;

const std::string facts = NMISTORM_FACTS;
const std::string clean = facts + "/clean-unset.jsonl";
const std::string broken = facts + "/torn-publish.jsonl";

/// What is in the folder agrees, and is as red as the exit code says; returns the counts.
std::string checked(const std::string& folder, int code) {
    const Ended ended =
        run({NMISTORM_CHECK_REPORTS, folder, std::to_string(code)}, {.program = NMISTORM_PYTHON});
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out;
}

TEST(Out, of_a_clean_run_has_all_reports_and_nothing_red) {
    const Folder folder;
    const Ended ended = run({"judge", clean, "--out", folder.path("new")}, {.kvm = no_kvm});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(checked(folder.path("new"), 0), HasSubstr(" 0 failed, 0 errors"));
    EXPECT_EQ(folder.text("new/summary.txt"), ended.out);
    valid_provenance(folder.text("new/provenance.json"));
}

TEST(Out, of_every_recorded_run_agrees) {
    for (const auto& entry : std::filesystem::directory_iterator(facts)) {
        if (entry.path().extension() != ".jsonl") {
            continue;
        }
        SCOPED_TRACE(entry.path());
        const Folder folder;
        const Ended ended = run({"judge", entry.path(), "--out", folder.path("new")}, {.kvm = no_kvm});
        EXPECT_THAT(ended.code, testing::AnyOf(0, 1, 3)) << ended.err;
        checked(folder.path("new"), ended.code);
    }
}

TEST(Out, of_every_recorded_schedule_agrees) {
    for (const auto& entry : std::filesystem::directory_iterator(facts + "/explored")) {
        SCOPED_TRACE(entry.path());
        const Folder folder;
        const Ended ended = run({"judge", entry.path(), "--out", folder.path("new")}, {.kvm = no_kvm});
        EXPECT_THAT(ended.code, testing::AnyOf(0, 1, 3)) << ended.err;
        checked(folder.path("new"), ended.code);
    }
}

TEST(Out, of_a_host_that_cannot_run_guests_is_red_and_has_what_the_doctor_says) {
    const Folder folder;
    const Ended ended = run({"doctor", "--out", folder.path("new"), "--quiet"}, {.kvm = no_kvm});
    EXPECT_EQ(ended.code, 77) << ended.err;
    EXPECT_THAT(checked(folder.path("new"), 77), HasSubstr(" 1 errors"));
    const Json provenance = valid_provenance(folder.text("new/provenance.json"));
    EXPECT_EQ(provenance["checks"], Json::parse(folder.text("new/report.json"))["checks"]);
}

TEST(Out, of_a_run_that_could_not_begin_leaves_no_folder) {
    const Folder folder;
    EXPECT_EQ(run({"storm", "--out", folder.path("new")}, {.kvm = no_kvm}).code, 77);
    EXPECT_EQ(folder.entries(), 0U);
}

TEST(Out, in_a_folder_that_is_not_empty_or_cannot_be_made_is_refused) {
    const Folder folder;
    const std::string file = folder.put("file", "text");
    const auto to = [](const std::string& path) {
        return run({"storm", "--duration", "1s", "--out", path}, {.kvm = no_kvm});
    };
    expect_error(to(folder.path("")), 2, "it is not empty; name a new folder, or remove what is in it");
    expect_error(to(file), 2, "it is a file; name a new folder");
    expect_error(to(folder.path("missing/new")), 2, "No such file or directory");
    expect_error(to("/proc/new"), 2, "cannot write to the folder '/proc/new': ");
    EXPECT_EQ(folder.entries(), 1U);
}

TEST(Out, does_not_keep_other_files_from_being_written) {
    const Folder folder;
    const Ended ended = run({"judge", clean, "--out", folder.path("new"), "--json", "-", "--junit",
                             folder.path("junit.xml"), "--quiet"},
                            {.kvm = no_kvm});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.out, folder.text("new/report.json"));
    EXPECT_EQ(folder.text("junit.xml"), folder.text("new/junit.xml"));
}

TEST(Reports, that_find_no_room_cost_neither_the_others_nor_the_summary) {
    for (const std::string flag : {"--json", "--junit", "--ktap"}) {
        SCOPED_TRACE(flag);
        const Folder folder;
        Words words = {"judge", broken, flag, "/dev/full"};
        for (const std::string other : {"--json", "--junit", "--ktap"}) {
            if (other != flag) {
                words.insert(words.end(), {other, folder.path(other)});
            }
        }
        const Ended ended = run(words, {.kvm = no_kvm});
        EXPECT_EQ(ended.code, 3);
        EXPECT_EQ(ended.err, "nmistorm: cannot write '/dev/full': No space left on device\n");
        EXPECT_THAT(ended.out, testing::StartsWith("VIOLATION"));
        EXPECT_EQ(folder.entries(), 2U);
    }
}

TEST(Reports, that_find_no_room_are_all_named_in_one_sentence) {
    const Folder folder;
    const Ended ended = run({"judge", clean, "--junit", "/dev/full", "--json", folder.path("json")},
                            {.out = {Stream::To::file, "/dev/full"}, .kvm = no_kvm});
    EXPECT_EQ(ended.code, 3);
    EXPECT_EQ(ended.err,
              "nmistorm: cannot write '/dev/full': No space left on device; cannot write to stdout: No space "
              "left on device\n");
    EXPECT_EQ(folder.entries(), 1U);
}

TEST(Reports, where_nobody_may_write_are_refused) {
    for (const std::string flag : {"--junit", "--ktap"}) {
        expect_error(run({"storm", flag, "/proc/report"}, {.kvm = no_kvm}), 2,
                     "cannot write '/proc/report': ");
        expect_error(run({"storm", flag, "/nonexistent/report"}, {.kvm = no_kvm}), 2,
                     "No such file or directory; name");
    }
}

TEST(Reports, on_stdout_leave_the_summary_to_stderr) {
    const Ended ended = run({"judge", broken, "--ktap", "-"}, {.kvm = no_kvm});
    EXPECT_EQ(ended.code, 1);
    EXPECT_THAT(ended.out, testing::StartsWith("KTAP version 1\n"));
    EXPECT_THAT(ended.err, testing::StartsWith("VIOLATION"));
}

TEST(Reports, that_would_be_written_to_one_file_are_refused) {
    const Folder folder;
    const std::string file = folder.path("a");
    const auto refused = [](const Words& words, const std::string& says) {
        expect_error(run(words, {.kvm = no_kvm}), 2, says);
    };
    refused({"storm", "--json", "-", "--ktap", "-"},
            "--json and --ktap both write to stdout; name a file for one of them");
    for (const Words& command :
         {Words{"storm"}, {"matrix"}, {"explore"}, {"judge", clean}, {"doctor"}, {"bench"}}) {
        Words words = command;
        words.insert(words.end(), {"--json", file, "--junit", folder.path("./a")});
        refused(words, "--json and --junit both write '");
    }
    refused({"storm", "--json", file, "--facts", file}, "--json and --facts both write '");
    refused({"explore", "--resume", file, "--schedule", file}, "--resume and --schedule both write '");
    EXPECT_EQ(folder.entries(), 0U);
}

TEST(Summary, of_a_violation_ends_in_the_command_that_repeats_it) {
    const Ended ended = run({"judge", broken}, {.kvm = no_kvm});
    const std::string text = ended.out.substr(0, ended.out.size() - 1);
    EXPECT_THAT(text.substr(text.rfind('\n') + 1),
                testing::MatchesRegex("To repeat this run: nmistorm storm .*--fault torn-publish --seed 1"));
}

}  // namespace
}  // namespace nmistorm::test
