// SPDX-License-Identifier: GPL-2.0-or-later
// What --out leaves of runs on a KVM in this process; tests/cli/support/check_reports.py compares the
// reports.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <sys/wait.h>

#include "folder.h"
#include "kvm.h"
#include "run_words.h"

namespace nmistorm::commands {
namespace {

namespace fs = std::filesystem;

class OutTest : public testing::Test, protected test::Folder {
  protected:
    /// Runs the words with --out and has its reports checked; returns the exit code.
    int checked(std::vector<std::string> words) {
        words.insert(words.end(), {"--out", folder().string(), "--quiet"});
        const int code = run_words(words);
        const std::string check = std::string(NMISTORM_PYTHON " " NMISTORM_CHECK_REPORTS " ") +
                                  folder().string() + " " + std::to_string(code) + " 1>&2";
        const int status = std::system(check.c_str());
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the reports disagree";
        return code;
    }

    [[nodiscard]] fs::path folder() const { return path("new"); }
    [[nodiscard]] nlohmann::json json(const std::string& name) const {
        return nlohmann::json::parse(std::ifstream(folder() / name));
    }
};

TEST_F(OutTest, of_a_storm_has_reports_that_agree_and_its_facts) {
    const fake_kvm::Kvm kvm;
    EXPECT_EQ(checked({"storm", "--nmis", "2000", "--seed", "7"}), 0);
    const auto provenance = json("provenance.json");
    EXPECT_EQ(provenance["seed"], 7);
    EXPECT_EQ(provenance["reproduce"], "nmistorm storm --nmis 2000 --seed 7");
    EXPECT_FALSE(provenance["checks"].empty());
    EXPECT_EQ(report_of({"judge", folder() / "facts.jsonl"}).code, 0);
}

TEST_F(OutTest, of_a_storm_that_broke_a_rule_agrees) {
    const fake_kvm::Kvm kvm;
    EXPECT_EQ(checked({"storm", "--fault", "default-skipped", "--duration", "1h"}), 1);
}

TEST_F(OutTest, of_a_storm_that_showed_nothing_agrees) {
    const fake_kvm::Kvm kvm;
    EXPECT_EQ(checked({"storm", "--nmis", "50", "--vcpus", "1"}), 3);
}

TEST_F(OutTest, of_a_matrix_agrees) {
    const fake_kvm::Kvm kvm;
    EXPECT_EQ(checked({"matrix", "--faults", "default-skipped", "--seeds", "1", "--jobs", "1"}), 0);
}

TEST_F(OutTest, of_reports_of_storms_and_matrices_agrees) {
    const fake_kvm::Kvm kvm;
    const auto run = [this](const char* name, std::vector<std::string> words) {
        words.insert(words.end(), {"--json", path(name), "--quiet"});
        run_words(words);
        return path(name);
    };
    const std::string storm = run("storm", {"storm", "--nmis", "2000", "--seed", "7"});
    const std::string broken = run("- a", {"storm", "--fault", "default-skipped", "--duration", "1h"});
    const std::string matrix = run("matrix", {"matrix", "--faults", "default-skipped", "--seeds", "1"});
    EXPECT_EQ(checked({"report", storm, broken, matrix}), 1);
    EXPECT_EQ(json("report.json")["rows"].size(), 1U);
}

TEST_F(OutTest, of_the_doctor_agrees) {
    const fake_kvm::Kvm kvm;
    EXPECT_EQ(checked({"doctor"}), 0);
    EXPECT_EQ(json("provenance.json")["checks"], json("report.json")["checks"]);
}

TEST_F(OutTest, keeps_the_facts_once_more_where_a_file_is_named_for_them) {
    const fake_kvm::Kvm kvm;
    const fs::path facts = path("facts");
    EXPECT_EQ(checked({"storm", "--nmis", "2000", "--seed", "7", "--facts", facts}), 0);
    const auto size = fs::file_size(facts);
    EXPECT_GT(size, 0U);
    EXPECT_EQ(fs::file_size(folder() / "facts.jsonl"), size);
}

}  // namespace
}  // namespace nmistorm::commands
