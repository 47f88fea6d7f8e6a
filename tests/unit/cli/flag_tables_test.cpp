// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/flag_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <nmistorm/abi/fault.h>

#include "parse_words.h"
#include "plan/names.h"

namespace nmistorm::cli {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Words = std::vector<std::string>;

json tables() {
    return json::parse(std::get<Answer>(parse_words({"--print-flags"})).text);
}

json find(const json& among, const std::string& name) {
    for (const json& each : among) {
        if (each.contains("names") ? each["names"].back() == name : each["name"] == name) {
            return each;
        }
    }
    ADD_FAILURE() << "there is no " << name;
    return {};
}

/// The flag @p name of @p command.
json flag(const std::string& command, const std::string& name) {
    return find(find(tables()["commands"], command)["flags"], name);
}

/// The words that @p accepts offers where only those of @p good are accepted.
Words offered(const std::string& accepts, const Words& good) {
    return takes("WORD", accepts,
                 [&](const std::string& word) { return std::ranges::find(good, word) != good.end(); })
        .words;
}

TEST(FlagTables, have_those_words_of_what_a_flag_accepts_that_it_does_accept) {
    EXPECT_THAT(offered("lockstep, rate=N or x-y, with N from 1 to 9", {"lockstep", "rate=1", "x-y"}),
                ElementsAre("lockstep", "rate=", "x-y"));
    EXPECT_THAT(offered("all, or numbers such as two", {"all", "two"}), ElementsAre("all"));
    EXPECT_THAT(offered("1 to 8", {"1", "8"}), IsEmpty());
    EXPECT_THAT(offered("", {}), IsEmpty());
}

TEST(FlagTables, know_a_file_by_its_taking_any_word_and_a_switch_by_its_taking_none) {
    const auto anything = [](const std::string&) { return true; };
    EXPECT_TRUE(takes("FILE", "the name of a file", anything).file);
    EXPECT_THAT(takes("FILE", "the name of a file", anything).words, IsEmpty());
    EXPECT_FALSE(takes("", "true or false", anything).file);
    EXPECT_TRUE(flag("storm", "--json")["file"]);
    EXPECT_TRUE(flag("storm", "--config")["file"]);
    EXPECT_FALSE(flag("storm", "--vcpus")["file"]);
    EXPECT_EQ(flag("storm", "--quiet")["label"], "");
}

TEST(FlagTables, have_the_names_of_the_programs_own_tables) {
    EXPECT_THAT(flag("explore", "--fault")["words"].get<Words>(), ElementsAreArray(abi::fault_names));
    EXPECT_THAT(flag("storm", "--arch")["words"].get<Words>(), ElementsAre("i386", "x86_64"));
    EXPECT_THAT(flag("matrix", "--shard")["words"].get<Words>(), ElementsAre("env"));
    const json source = flag("bench", "--source");
    EXPECT_TRUE(source["list"]);
    Words sources = {"all"};
    sources.insert(sources.end(), std::begin(plan::source_names), std::end(plan::source_names));
    EXPECT_THAT(source["words"].get<Words>(), ElementsAreArray(sources));
    EXPECT_THAT(flag("storm", "--pace")["words"].get<Words>(),
                ElementsAre("lockstep", "rate=", "burst=", "max"));
}

TEST(FlagTables, have_all_that_help_says_and_nothing_else) {
    std::size_t flags = 0;
    const json all = tables();
    for (const json& command : all["commands"]) {
        const std::string help =
            std::get<Answer>(parse_words({command["name"].get<std::string>(), "--help"})).text;
        for (const json& each : command["flags"]) {
            EXPECT_THAT(help, HasSubstr(each["names"].back().get<std::string>()));
            EXPECT_THAT(help, HasSubstr(each["help"].get<std::string>()));
            ++flags;
        }
        EXPECT_THAT(help, HasSubstr(command["footer"].get<std::string>()));
    }
    EXPECT_GT(flags, 50U);
    EXPECT_THAT(std::get<Answer>(parse_words({"--help"})).text, Not(HasSubstr("print-flags")));
}

TEST(FlagTables, offer_no_word_that_the_command_line_refuses) {
    std::size_t words = 0;
    const json all = tables();
    for (const json& command : all["commands"]) {
        for (const json& each : command["flags"]) {
            const std::string name = each["names"].back();
            for (std::string word : each["words"].get<Words>()) {
                word += word.ends_with('=') ? "1" : "";
                const std::string says = complaint({command["name"].get<std::string>(), name, word});
                EXPECT_THAT(says, Not(HasSubstr(name + " takes"))) << word;
                ++words;
            }
        }
    }
    EXPECT_GT(words, 100U);
}

}  // namespace
}  // namespace nmistorm::cli
