// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/provenance_file.h"

#include <nmistorm/abi/version.h>

#include "doctor/examine.h"
#include "doctor/report.h"
#include "report/json_parts.h"
#include "report/schemas.h"

namespace nmistorm::commands {

using report::Json;

namespace {

/// The others are about runs that may have taken place elsewhere.
bool ran_here(const report::Document& document) {
    return document.command != "judge" && document.command != "report";
}

}  // namespace

std::string provenance_text(const report::Document& document, const std::function<bool()>& interrupted) {
    const report::Provenance& from = document.provenance;
    const Json seed = document.figures.value(Json::json_pointer("/plan/seed"), Json(nullptr));
    Json host = report::host_json(from);
    host["kvm_parameters"] = nullptr;
    Json checks = nullptr;
    if (document.figures.contains("checks")) {
        checks = document.figures["checks"];  // it is the doctor's
    } else if (ran_here(document)) {
        checks = doctor::to_json(doctor::examine(interrupted));
    }
    if (ran_here(document)) {
        host["kvm_parameters"] = doctor::parameters_of(from.kvm_backend);
    }
    const Json json = {
        {"schema", report::provenance_schema},
        {"command", document.command},
        {"reproduce", from.reproduce},
        {"seed", seed},
        {"program", {{"version", from.version}, {"build_id", from.build_id}, {"abi", abi::version}}},
        {"host", host},
        {"checks", checks}};
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace nmistorm::commands
