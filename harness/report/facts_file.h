// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "oracle/record.h"
#include "report/explore_report.h"
#include "report/run_report.h"

/// The file of --facts: all that the oracle was told about a run, a line of JSON each (docs/facts.md).
///   {"schema": "nmistorm.facts/4", "command": ["nmistorm", "storm", ...]}
///   [[12, 0], "publish", 69632, 1]      a fact: order and vCPU, name, fields in the order of oracle/fact.h
///   ["gap"]
///   ["sample", 1, {"nmi_entries": 7, ...}]
///   ["at_rest", 1, 1052672, {"nmi_entries": 7, ...}], ["fatal_exit", {...}], ["deadlock", 0, 1052672],
///   ["malformed", 1, 1052672, "a sentence"]      what only stepping sees
///   {"end": {...}}                      everything of the run that is not in the facts
namespace nmistorm::report {

// Each with a newline at its end.
std::string facts_begin(const std::vector<std::string>& command);
std::string facts_line(const oracle::Record& record);
/// @p report's findings, tally, slices and profile are left out. @p build_id is that of the guest's image.
std::string facts_end(const RunReport& report, const std::string& build_id);
/// Of one schedule that @p report's exploration found: how it was @p played. Findings are left out.
std::string facts_end(const ExploreReport& report, const oracle::Found& played);

/// Reads such a file. Every value is checked: no record names a vCPU that the run has not, and orders ascend.
/// Each function throws UsageError, which names the line and says what is wrong with it.
class FactsReader {
  public:
    /// @p name: for messages. Reads the first line.
    FactsReader(std::istream& file, std::string name);

    [[nodiscard]] const std::vector<std::string>& command() const { return command_; }

    /// The next record; nothing at the end.
    std::optional<oracle::Record> next(unsigned vcpus);

    // Call the rest after next() returned nothing.

    /// The facts are those of a schedule, not of a storm.
    [[nodiscard]] bool of_schedule() const { return played_.has_value(); }
    /// Of a storm: everything but what the judge and the command say.
    [[nodiscard]] const RunReport& report() const { return report_; }
    /// Of a schedule: the same.
    [[nodiscard]] const ExploreReport& explore_report() const { return explore_report_; }
    [[nodiscard]] const std::optional<oracle::Found>& played() const { return played_; }
    [[nodiscard]] const std::string& build_id() const { return build_id_; }

  private:
    bool read_line();
    oracle::Record record_of(const nlohmann::ordered_json& line, unsigned vcpus);
    void end(const nlohmann::ordered_json& line, unsigned vcpus);
    void end_of_storm(const nlohmann::ordered_json& line, unsigned vcpus);
    [[noreturn]] void refuse(const std::string& why) const;

    std::istream& file_;
    std::string name_;
    std::string text_;
    std::uint64_t line_ = 0;
    std::vector<std::string> command_;
    std::optional<std::uint64_t> last_order_;
    RunReport report_;
    ExploreReport explore_report_;
    std::optional<oracle::Found> played_;
    std::string build_id_;
};

}  // namespace nmistorm::report
