// SPDX-License-Identifier: GPL-2.0-or-later
// --config FILE.
#include <gtest/gtest.h>

#include "folder.h"
#include "program.h"

namespace nmistorm::test {
namespace {

const std::string kvm_of_4 =
    "device=/dev/null KVM_GET_API_VERSION=12 capabilities=1 KVM_CAP_MAX_VCPUS=4 KVM_CREATE_VM=-12";

Ended with(const std::string& config, const Words& more = {}) {
    Words words = {"storm", "--config", config};
    words.insert(words.end(), more.begin(), more.end());
    return run(words, {.kvm = kvm_of_4});
}

TEST(Config, is_used) {
    const Folder folder;
    expect_error(with(folder.put("storm.toml", "# eight\n[storm]\nvcpus = 8\n")), 77, "at most 4 vCPUs");
}

TEST(Config, comes_after_the_command_line) {
    const Folder folder;
    const std::string config = folder.put("storm.toml", "vcpus = 8\n");
    expect_error(with(config, {"--vcpus", "4"}), 3, "KVM_CREATE_VM");
}

TEST(Config, with_an_unknown_key_is_refused_by_file_and_line) {
    const Folder folder;
    const std::string config = folder.put("storm.toml", "vcpus = 2\ncpus = 2\n");
    expect_error(with(config), 2, config + ":2:1: unknown key 'cpus'");
    expect_error(with(folder.put("nested.toml", "config = \"other\"\n")), 2, "unknown key 'config'");
}

TEST(Config, with_a_wrong_value_is_refused_by_file_and_line) {
    const Folder folder;
    const std::string config = folder.put("storm.toml", "\nvcpus = \"many\"\n");
    expect_error(with(config), 2, config + ":2:9: vcpus takes 1 to 1024, not 'many'");
}

TEST(Config, that_is_not_toml_is_refused_by_file_line_and_column) {
    const Folder folder;
    const std::string bareword = folder.put("bareword.toml", "vcpus = 2\npace = max\n");
    expect_error(with(bareword), 2, bareword + ":2:8: this is not TOML");
    expect_error(with(folder.put("twice.toml", "vcpus = 2\nvcpus = 3\n")), 2, ":2:");
    // Versions of toml++ differ in the column.
    expect_error(with(NMISTORM_CLEAN_IMAGE), 2, NMISTORM_CLEAN_IMAGE ":1:");
    expect_error(with(NMISTORM_CLEAN_IMAGE), 2, ": this is not TOML");
}

TEST(Config, with_an_array_of_strings_is_used) {
    const Folder folder;
    const std::string config = folder.put("storm.toml", "vcpus = 2\ntargets = [\"0\", \"3\"]\n");
    expect_error(with(config), 2, "--targets names vCPU 3");
}

TEST(Config, with_sections_of_several_commands_serves_each) {
    const Folder folder;
    const std::string config = folder.put("all.toml", "[storm]\nvcpus = 8\n[matrix]\nseeds = 0\n");
    expect_error(with(config), 77, "at most 4 vCPUs");
    expect_error(run({"matrix", "--config", config}), 2, config + ":4:9: seeds takes 1 to ");
    expect_error(with(folder.put("typo.toml", "[strom]\nvcpus = 8\n")), 2, ":1:2: unknown section 'strom'");
}

TEST(Config, that_cannot_be_read_is_refused) {
    const Folder folder;
    expect_error(with(folder.path("absent.toml")), 2, "No such file or directory");
    expect_error(with(folder.path("")), 2, "Is a directory");
}

TEST(Config, of_nothing_changes_nothing) {
    const Folder folder;
    expect_error(with(folder.put("storm.toml", "")), 3, "KVM_CREATE_VM");
}

}  // namespace
}  // namespace nmistorm::test
