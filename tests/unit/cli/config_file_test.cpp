// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parse_words.h"

namespace nmistorm::cli {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

class ConfigFile : public testing::Test {
  protected:
    ConfigFile()
        : file_(std::filesystem::temp_directory_path() / ("nmistorm_config_" + std::to_string(getpid()))) {}
    ~ConfigFile() override { std::filesystem::remove(file_); }

    /// @p command with @p flags, and with --config for a file of @p text.
    std::vector<std::string> words(const std::string& command, const std::string& text,
                                   const std::vector<std::string>& flags = {}) {
        std::ofstream(file_) << text;
        std::vector<std::string> words = {command, "--config", file_.string()};
        words.insert(words.end(), flags.begin(), flags.end());
        return words;
    }
    StormCommand storm_of(const std::string& text, const std::vector<std::string>& flags = {}) {
        return std::get<StormCommand>(parse_words(words("storm", text, flags)));
    }
    std::string complaint_about(const std::string& text, const std::string& command = "storm") {
        return complaint(words(command, text));
    }

  private:
    std::filesystem::path file_;
};

TEST_F(ConfigFile, gives_what_the_command_line_leaves_open) {
    const auto command = storm_of(
        "# eight\n"
        "vcpus = 8\n"
        "pace = 'rate=7'  # a second\n"
        "quiet = true\r\n"
        "guest = \"a#b.elf\"\n",
        {"--pace", "max"});
    EXPECT_EQ(command.plan.vcpus, 8U);
    EXPECT_EQ(command.plan.pace.kind, plan::Pace::Kind::max);
    EXPECT_EQ(command.plan.guest_file, "a#b.elf");
    EXPECT_TRUE(command.output.quiet);
}

TEST_F(ConfigFile, gives_a_list_as_an_array_of_integers_or_strings_or_as_one_string) {
    for (const std::string list : {"[3, 1]", "[\"3\", \"1\"]", "[\n  3,  # the last\n  1,\n]", "\"3,1\""}) {
        EXPECT_EQ(storm_of("vcpus = 4\ntargets = " + list).plan.targets.list, (std::vector<unsigned>{1, 3}))
            << list;
    }
    EXPECT_EQ(storm_of("handlers = [\"counting\", 'long']").plan.handlers,
              abi::handler_counting | abi::handler_long);
}

TEST_F(ConfigFile, has_the_escapes_keys_and_integers_of_toml) {
    EXPECT_EQ(storm_of("guest = \"\\u0061\\tb\"").plan.guest_file, "a\tb");
    EXPECT_EQ(storm_of("guest = 'a\\tb'").plan.guest_file, "a\\tb");
    EXPECT_EQ(storm_of("nmis = 1_000").plan.nmis, 1000U);
    EXPECT_EQ(storm_of("nmis = 0x10").plan.nmis, 16U);
    EXPECT_EQ(storm_of("\"nmis\" = 5").plan.nmis, 5U);
    EXPECT_EQ(storm_of("storm.nmis = 5").plan.nmis, 5U);
    EXPECT_EQ(storm_of("seed = \"18446744073709551615\"").plan.seed, 18446744073709551615U)
        << "a string says what an integer of TOML is too small for";
}

TEST_F(ConfigFile, may_turn_a_switch_off) {
    EXPECT_FALSE(storm_of("quiet = false").output.quiet);
}

TEST_F(ConfigFile, that_limits_the_nmis_takes_the_limit_on_time_away) {
    EXPECT_EQ(storm_of("nmis = 5").plan.duration, std::nullopt);
    EXPECT_EQ(storm_of("duration = \"3s\"", {"--nmis", "5"}).plan.duration, std::chrono::seconds(3));
}

TEST_F(ConfigFile, serves_several_commands_with_a_section_for_each) {
    const std::string text =
        "quiet = true\n"
        "[storm]\n"
        "vcpus = 3\n"
        "[matrix]\n"
        "seeds = 7\n"
        "faults = [\"none\", \"torn-publish\"]\n"
        "[explore]\n"
        "nmis = 2\n"
        "[replay]\n"
        "times = 9\n";
    const auto storm = storm_of(text);
    EXPECT_EQ(storm.plan.vcpus, 3U);
    EXPECT_EQ(storm.plan.nmis, std::nullopt);
    EXPECT_TRUE(storm.output.quiet);
    const auto matrix = std::get<MatrixCommand>(parse_words(words("matrix", text)));
    EXPECT_EQ(matrix.plan.seeds, 7U);
    EXPECT_EQ(matrix.plan.faults.size(), 2U);
    EXPECT_TRUE(matrix.output.quiet);
    EXPECT_EQ(std::get<ExploreCommand>(parse_words(words("explore", text))).plan.nmis, 2U);
    const auto replay = std::get<ReplayCommand>(parse_words(words("replay", text, {"found.schedule"})));
    EXPECT_EQ(replay.times, 9U);
    EXPECT_TRUE(replay.output.quiet);
}

TEST_F(ConfigFile, has_sections_whose_keys_go_before_those_above_them) {
    EXPECT_EQ(storm_of("vcpus = 8\n[storm]\nvcpus = 3\n[matrix]\nseeds = 2").plan.vcpus, 3U);
    EXPECT_EQ(storm_of("vcpus = 8\n[matrix]\nseeds = 2").plan.vcpus, 8U);
    EXPECT_EQ(storm_of("[storm]\nvcpus = 3", {"--vcpus", "2"}).plan.vcpus, 2U);
}

TEST_F(ConfigFile, of_another_syntax_is_refused_with_line_and_column) {
    const std::pair<std::string, std::string> cases[] = {{"pace = max", ":2:8:"},
                                                         {"pace = rate=5", ":2:8:"},
                                                         {"quiet = yes", ":2:9:"},
                                                         {"duration = 3s", ":2:"},
                                                         {"faults = [none]", ":2:"},
                                                         {"quiet = True", ":2:"},
                                                         {"; comment", ":2:1:"},
                                                         {"vcpus = 4 ; four", ":2:11:"},
                                                         {"vcpus", ":2:"},
                                                         {"vcpus =", ":2:"},
                                                         {"pace = \"max", ":2:"},
                                                         {"pace = \"max\" x", ":2:14:"},
                                                         {"targets = [0, 1", ":2:"},
                                                         {"targets = [0] 1", ":2:15:"},
                                                         {"[storm] vcpus = 1", ":2:9:"},
                                                         {"[storm", ":2:"},
                                                         {"= 1", ":2:1:"},
                                                         {"vcpus nmis = 1", ":2:7:"},
                                                         {"\x01\x02", ":2:1:"},
                                                         {"guest = \"\\q\"", ":2:"},
                                                         {"nmis = 010", ":2:"},
                                                         {"[storm]\n[storm]", ":3:1"},
                                                         {"vcpus = 2\nvcpus = 3", ":3:"},
                                                         {"guest = \"\xff\"", ":2:"},
                                                         {"[[storm]]", ":2:"},
                                                         {"[storm]\nvcpus = 1 2", ":3:11:"}};
    for (const auto& [text, place] : cases) {
        EXPECT_THAT(complaint_about("\n" + text), HasSubstr(place)) << text;
    }
    EXPECT_THAT(complaint_about("pace = max"),
                AllOf(HasSubstr(":1:8: this is not TOML"),
                      EndsWith("write each flag once, as name = value, with strings in quotes")));
}

TEST_F(ConfigFile, with_an_unknown_section_is_refused_with_its_place) {
    EXPECT_THAT(complaint_about("vcpus = 2\n[strom]\nvcpus = 3\n"),
                EndsWith(":2:2: unknown section 'strom'; sections are [storm], [matrix], [explore], "
                         "[replay], [judge], [doctor], [conform], [bench], [report]"));
    EXPECT_THAT(complaint_about("[Storm]"), HasSubstr(":1:2: unknown section 'Storm'"));
}

TEST_F(ConfigFile, with_an_unknown_key_is_refused_with_its_place) {
    EXPECT_THAT(complaint_about("vcpus = 2\n[storm]\n  bogus = 1"), HasSubstr(":3:3: unknown key 'bogus'"));
    EXPECT_THAT(complaint_about("config = \"x\""), HasSubstr(":1:1: unknown key 'config'"));
    EXPECT_THAT(complaint_about("storm = 4"), HasSubstr(":1:1: unknown key 'storm'"));
    EXPECT_THAT(complaint_about("'a\\nb' = 4"), HasSubstr("unknown key 'a\\nb'"));
    EXPECT_THAT(complaint_about("\"a\\nb\" = 4"), HasSubstr("unknown key 'a\\x0ab'"));
    EXPECT_THAT(
        complaint_about("\nvcpus = 2\n", "matrix"),
        EndsWith(":2:1: unknown key 'vcpus'; keys are the flags of 'nmistorm matrix --help', and those "
                 "of another command go into its section"));
}

TEST_F(ConfigFile, with_a_wrong_value_is_refused_with_its_place) {
    EXPECT_THAT(complaint_about("\nvcpus = 0"), HasSubstr(":2:9: vcpus takes 1 to 1024, not '0'"));
    EXPECT_THAT(complaint_about("vcpus = -1"), HasSubstr(":1:9: vcpus takes 1 to 1024, not '-1'"));
    EXPECT_THAT(complaint_about("pace = \"fast\""), HasSubstr(":1:8: pace takes lockstep, "));
    EXPECT_THAT(complaint_about("vcpus = 1\ntargets = \"others\""),
                HasSubstr("--targets others leaves no target"));
}

TEST_F(ConfigFile, with_a_value_of_another_type_than_the_flag_takes_is_refused_with_its_place) {
    EXPECT_THAT(complaint_about("quiet = \"true\""),
                EndsWith(":1:9: quiet takes true or false, not the string 'true'"));
    EXPECT_THAT(complaint_about("quiet = 1"), EndsWith(":1:9: quiet takes true or false, not 1"));
    EXPECT_THAT(complaint_about("vcpus = true"), EndsWith(":1:9: vcpus takes 1 to 1024, not true"));
    EXPECT_THAT(complaint_about("vcpus = [2]"), EndsWith(":1:9: vcpus takes 1 to 1024, not an array"));
    for (const std::string value : {"1.5", "1979-05-27", "{ a = 1 }", "[0, true]", "[0, [1]]", "inf"}) {
        EXPECT_THAT(complaint_about("[storm]\ntargets = " + value),
                    AllOf(HasSubstr(":2:1"), HasSubstr("'targets' has a value of a type that no flag takes")))
            << value;
    }
}

TEST_F(ConfigFile, with_an_array_that_is_no_list_is_refused_with_its_place) {
    EXPECT_THAT(complaint_about("targets = []"), HasSubstr(":1:11: the array of 'targets' is empty"));
    EXPECT_THAT(complaint_about("targets = [\"0\", \"0,1\"]"),
                HasSubstr(":1:17: the element '0,1' of 'targets' has a comma in it"));
}

TEST_F(ConfigFile, passes_over_what_is_in_sections_of_other_commands) {
    EXPECT_THAT(complaint_about("[matrix]\nseeds = 0\nof_another_version = 1.5\n"), IsEmpty());
}

TEST_F(ConfigFile, must_be_readable) {
    EXPECT_THAT(complaint({"storm", "--config", "/"}), HasSubstr("cannot read '/': Is a directory"));
    EXPECT_THAT(complaint({"storm", "--config", ""}), HasSubstr("cannot read ''"));
    EXPECT_THAT(complaint_about(""), IsEmpty()) << "an empty file sets nothing";
}

}  // namespace
}  // namespace nmistorm::cli
