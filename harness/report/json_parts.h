// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <variant>

#include "plan/fields.h"
#include "report/document.h"

/// The parts that several kinds of JSON reports share.
namespace nmistorm::report {

template <typename T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json host_json(const Provenance& provenance);

/// All fields of any kind of plan.
template <typename Plan>
Json plan_json(const Plan& plan) {
    auto fields = plan::fields<Plan>();
    std::ranges::stable_sort(fields, {}, &plan::Row::rank);
    Json json = Json::object();
    for (const plan::Field<Plan>& field : fields) {
        json[field.key] = std::visit([](const auto& value) { return Json(value); }, field.value(plan));
    }
    return json;
}

Json finding_json(const oracle::Finding& finding);
Json limit_json(const oracle::Limit& limit);

template <typename List, typename ToJson>
Json list_json(const List& list, ToJson to_json) {
    Json json = Json::array();
    for (const auto& each : list) {
        json.push_back(to_json(each));
    }
    return json;
}

}  // namespace nmistorm::report
