// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/config_file.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parse_words.h"

namespace nmistorm::cli {
namespace {

using testing::HasSubstr;

std::vector<Setting> read(const std::string& text) {
    std::istringstream input(text);
    return read_settings(input, "storm.toml", "storm");
}

std::string refusal(const std::string& text) {
    try {
        read(text);
    } catch (const UsageError& error) {
        return error.what();
    }
    return {};
}

TEST(ConfigFile, each_form_of_a_line_is_read) {
    const std::pair<std::string, std::string> cases[] = {{"k = 4", "4"},
                                                         {"k=4", "4"},
                                                         {"  k\t= 4 # four", "4"},
                                                         {"k = 4;four\r", "4"},
                                                         {"k = \"a#b;c\" # d", "a#b;c"},
                                                         {"k = 'a \"b\"'", "a \"b\""},
                                                         {"k = [0, 2]", "0,2"},
                                                         {"k = rate=5", "rate=5"},
                                                         {"[storm]\nk = 1", "1"},
                                                         {"[storm] # s\nk = 1", "1"},
                                                         {"\n\n# c\n; c\nk = \"\"", ""}};
    for (const auto& [text, value] : cases) {
        const auto settings = read(text);
        ASSERT_EQ(settings.size(), 1U) << text;
        EXPECT_EQ(settings[0].key, "k") << text;
        EXPECT_EQ(settings[0].value, value) << text;
    }
    EXPECT_TRUE(read("").empty());
}

TEST(ConfigFile, a_line_of_another_form_is_refused_with_its_number) {
    for (const std::string text :
         {"k", "k =", "k = # c", "k = \"a", "k = \"a\" b", "k = [0, 1", "k = [0] 1", "[explore]",
          "[storm] k = 1", "[storm", "= 1", "a b = 1", "K = 1", "\x01\x02"}) {
        EXPECT_THAT(refusal("\n" + text), HasSubstr("storm.toml:2: want \"flag = value\"")) << text;
    }
}

TEST(ConfigFile, a_key_given_twice_is_refused) {
    EXPECT_EQ(refusal("a = 1\nb = 2\na = 1"), "storm.toml:3: 'a' is already set at storm.toml:1; remove one");
}

class ConfiguredStorm : public testing::Test {
  protected:
    ConfiguredStorm()
        : file_(std::filesystem::temp_directory_path() / ("nmistorm_config_" + std::to_string(getpid()))) {}
    ~ConfiguredStorm() override { std::filesystem::remove(file_); }

    std::vector<std::string> with(const std::string& text, std::vector<std::string> flags = {}) {
        std::ofstream(file_) << text;
        flags.insert(flags.end(), {"--config", file_.string()});
        return flags;
    }
    std::string complaint_about(const std::string& text) {
        auto words = with(text);
        words.insert(words.begin(), "storm");
        return complaint(words);
    }

  private:
    std::filesystem::path file_;
};

TEST_F(ConfiguredStorm, takes_from_the_file_what_the_command_line_leaves_open) {
    const auto command =
        storm(with("vcpus = 4\npace = 'rate=7'\ntargets = [3, 1]\nquiet = true\n", {"--pace", "max"}));
    EXPECT_EQ(command.plan.vcpus, 4U);
    EXPECT_EQ(command.plan.pace.kind, plan::Pace::Kind::max);
    EXPECT_EQ(command.plan.targets.list, (std::vector<unsigned>{1, 3}));
    EXPECT_TRUE(command.output.quiet);
}

TEST_F(ConfiguredStorm, may_be_told_not_to_be_quiet) {
    EXPECT_FALSE(storm(with("quiet = false")).output.quiet);
}

TEST_F(ConfiguredStorm, has_no_limit_on_time_if_the_file_limits_the_nmis) {
    EXPECT_EQ(storm(with("nmis = 5")).plan.duration, std::nullopt);
    EXPECT_EQ(storm(with("duration = 3s", {"--nmis", "5"})).plan.duration, std::chrono::seconds(3));
}

TEST_F(ConfiguredStorm, names_file_and_line_of_what_is_wrong) {
    EXPECT_THAT(complaint_about("\nvcpus = 0"), HasSubstr(":2: vcpus takes 1 to 64, not '0'"));
    EXPECT_THAT(complaint_about("bogus = 1"), HasSubstr(":1: unknown key 'bogus'"));
    EXPECT_THAT(complaint_about("config = x"), HasSubstr("unknown key 'config'"));
    EXPECT_THAT(complaint_about("quiet = yes"), HasSubstr("quiet takes true or false"));
    EXPECT_THAT(complaint_about("vcpus = 1\ntargets = others"),
                HasSubstr("--targets others leaves no target"));
}

TEST_F(ConfiguredStorm, shares_no_section_with_another_command) {
    const auto of_matrix = [this](const std::string& text) {
        auto words = with(text);
        words.insert(words.begin(), "matrix");
        return words;
    };
    const auto words = of_matrix("[matrix]\nseeds = 7\nfaults = [none, torn-publish]");
    const auto command = std::get<MatrixCommand>(parse_words(words));
    EXPECT_EQ(command.plan.seeds, 7U);
    EXPECT_EQ(command.plan.faults.size(), 2U);
    EXPECT_THAT(complaint(of_matrix("[storm]\n")), HasSubstr(":1: want \"flag = value\" or \"[matrix]\""));
    EXPECT_THAT(complaint(of_matrix("vcpus = 2\n")),
                HasSubstr(":1: unknown key 'vcpus'; keys are the flags of 'nmistorm matrix --help'"));
}

TEST_F(ConfiguredStorm, needs_a_file_that_can_be_read) {
    EXPECT_THAT(complaint({"storm", "--config", "/"}), HasSubstr("cannot read '/': Is a directory"));
    EXPECT_THAT(complaint({"storm", "--config", ""}), HasSubstr("cannot read ''"));
    EXPECT_TRUE(complaint_about("").empty()) << "an empty file sets nothing";
}

}  // namespace
}  // namespace nmistorm::cli
