// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <string>
#include <vector>

#include "campaign/matrix_rows.h"
#include "oracle/finding.h"
#include "plan/shard.h"
#include "report/document.h"

/// The reports of many runs, most often of the shards of one campaign, as one result.
namespace nmistorm::campaign {

/// A row of a matrix, of some of its storms.
struct MergedRow {
    std::string fault;  ///< "torn-publish", or "none"
    std::string build;  ///< "gcc-O0"; empty if none was asked for
    std::string arch;
    std::string cycle;
    RowVerdict verdict{};
    std::string not_shown;  ///< why, if the verdict says so
    std::uint64_t storms = 0;
    std::uint64_t well = 0;  ///< storms that went as they must
};

/// What the file of one --json says of its run.
struct Result {
    std::string file;
    std::string command;  ///< "storm", "explore", "matrix" or "judge"
    oracle::Outcome verdict{};
    bool interrupted = false;
    plan::Shard shard;
    std::map<std::string, std::string> flags;  ///< its plan, without what differs between shards
    std::string reproduce;
    std::string host;  ///< "kvm_amd, Linux 6.1"
    double seconds = 0;
    std::uint64_t nmis = 0;           ///< handled; of a matrix those of all storms
    std::uint64_t swaps = 0;          ///< likewise
    std::uint64_t grace_periods = 0;  ///< likewise
    std::uint64_t overlaps = 0;       ///< likewise
    std::uint64_t schedules = 0;      ///< of explorations
    std::vector<report::FindingText> findings;
    std::vector<MergedRow> rows;  ///< of a matrix
};

/// Reads what --json wrote. Throws UsageError if @p file holds no such report, or one of another version.
Result read_result(std::istream& from, const std::string& file);

/// Throws UsageError, which names the file, if a campaign among @p results lacks a shard or has one twice, or
/// if a file is there twice.
void check_shards(const std::vector<Result>& results);

/// One verdict, the worst; a table of the files and one of all rows of matrices; the findings of each.
report::Document document(const std::vector<Result>& results, const report::Provenance& provenance);

}  // namespace nmistorm::campaign
