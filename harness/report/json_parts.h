// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "oracle/finding.h"
#include "plan/run_plan.h"

/// The parts that several kinds of JSON reports share. Keys keep the order in which they are written.
namespace nmistorm::report {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json host_json(const std::string& kvm_backend, const std::string& kernel);
Json plan_json(const plan::RunPlan& plan);
Json finding_json(const oracle::Finding& finding);
Json findings_json(const std::vector<oracle::Finding>& findings);

/// As text, indented, with a newline at its end. Never fails: bytes that are not UTF-8, which a file's name
/// may contain, become U+FFFD.
std::string text_of(const Json& json);

}  // namespace nmistorm::report
