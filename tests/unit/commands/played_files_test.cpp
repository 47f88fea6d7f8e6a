// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/played_files.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "engines/guest_image.h"
#include "folder.h"

namespace nmistorm::commands {
namespace {

namespace fs = std::filesystem;

class PlayedFilesTest : public testing::Test, protected test::Folder {
  protected:
    /// Writes the files of a schedule of one step; returns what went wrong.
    static std::string written(const std::vector<std::string>& facts, const std::vector<std::string>& trace) {
        plan::ScheduleFile file;
        file.plan.condition = plan::Condition::busy;
        const image::Image image = engines::guest_image(file.plan);
        engines::explore::ReplayResult result;
        result.done = {{{plan::Move::What::run, 0, 1}}, 0, 0};
        result.records = {oracle::Recorded{{.order = 0, .vcpu = 0}, oracle::fact::ReaderBegan{}}};
        result.requests = {{0, 1}, {1, 0}};
        Failures failures;
        PlayedFiles(facts, trace).write(file, image, result, {"nmistorm"}, failures);
        try {
            failures.rethrow();
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    }
};

TEST_F(PlayedFilesTest, have_a_trace_although_the_facts_find_no_room) {
    EXPECT_EQ(written({"/dev/full"}, {path("trace")}), "cannot write '/dev/full': No space left on device");
    EXPECT_GT(fs::file_size(path("trace")), 0U);
}

TEST_F(PlayedFilesTest, have_a_trace_with_the_requests_of_the_schedule) {
    EXPECT_EQ(written({}, {path("trace")}), "");
    std::ifstream file(path("trace"), std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    const std::size_t request = bytes.find("NMI requested");
    ASSERT_NE(request, std::string::npos);
    EXPECT_LT(request, bytes.find("reader")) << "it was made before the first fact";
}

TEST_F(PlayedFilesTest, have_facts_although_the_trace_finds_no_room) {
    EXPECT_EQ(written({path("facts")}, {"/dev/full"}), "cannot write '/dev/full': No space left on device");
    EXPECT_GT(fs::file_size(path("facts")), 0U);
}

TEST_F(PlayedFilesTest, are_all_named_in_one_sentence_where_there_is_no_room) {
    EXPECT_EQ(written({path("facts"), "/dev/full"}, {path("trace"), "/dev/full"}),
              "cannot write '/dev/full': No space left on device; cannot write '/dev/full': No space left on "
              "device");
    EXPECT_TRUE(fs::exists(path("facts")));
    EXPECT_TRUE(fs::exists(path("trace")));
    EXPECT_EQ(written({path("facts")}, {path("trace")}), "");
}

TEST(AskedFiles, name_each_that_could_not_be_written) {
    AskedFiles files({"/dev/full", "/dev/full"});
    files.write("text");
    try {
        files.commit();
        ADD_FAILURE() << "nobody is told";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(),
                     "cannot write '/dev/full': No space left on device; cannot write '/dev/full': No space "
                     "left on device");
    }
}

}  // namespace
}  // namespace nmistorm::commands
