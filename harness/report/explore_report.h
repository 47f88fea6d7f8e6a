// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "oracle/exploration.h"
#include "plan/explore_plan.h"

namespace nmistorm::report {

/// Everything that the reports say about one exploration.
struct ExploreReport {
    std::string reproduce;
    std::string kvm_backend;
    std::string kernel;
    std::string image;  ///< "embedded" or the file's name
    std::string image_fault;
    std::optional<std::string> image_build;  ///< as in RunReport
    std::string build_id;
    plan::ExplorePlan plan;
    oracle::Exploration exploration;
    std::optional<std::string> schedule_file;  ///< where the schedule of a finding was written
    std::optional<std::string> resume_file;    ///< where the state of a stopped exploration was written
};

int exit_code(const ExploreReport& report);

/// The closing summary; ends in a newline.
std::string summary(const ExploreReport& report, bool colour);

/// How far an exploration is.
struct ExploreFigures {
    double elapsed_s = 0;
    plan::Condition condition{};
    unsigned preemptions = 0;
    std::uint64_t schedules = 0;
    std::uint64_t states = 0;
    std::uint64_t steps = 0;
};

/// One line of ASCII, at most @p width characters.
std::string explore_line(const ExploreFigures& figures, std::size_t width);

/// Schema nmistorm.explore/2, as text.
std::string json_text(const ExploreReport& report);

}  // namespace nmistorm::report
