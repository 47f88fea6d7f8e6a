// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "oracle/exploration.h"
#include "plan/explore_plan.h"
#include "report/document.h"

namespace nmistorm::report {

/// Everything that the reports say about one exploration.
struct ExploreReport {
    std::string command = "explore";
    Provenance provenance;
    std::string image;  ///< "embedded" or the file's name
    std::string image_fault;
    std::optional<std::string> image_build;  ///< as in RunReport
    std::string build_id;
    plan::ExplorePlan plan;
    oracle::Exploration exploration;
    std::optional<std::string> schedule_file;  ///< where the schedule of a finding was written
    std::optional<std::string> resume_file;    ///< where the state of a stopped exploration was written
};

Document document(const ExploreReport& report);

/// Its figures, as include/nmistorm/schema/nmistorm.explore.2.schema.json describes them.
Json to_json(const ExploreReport& report);

}  // namespace nmistorm::report
