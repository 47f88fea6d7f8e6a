// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "doctor/check.h"
#include "report/document.h"

namespace nmistorm::doctor {

/// The checks of a report, as the schema below has them.
report::Json to_json(const Checks& checks);

/// Its figures are as include/nmistorm/schema/nmistorm.doctor.1.schema.json describes them. The verdict is
/// pass if the host is usable().
report::Document document(const Checks& checks, const report::Provenance& provenance);

}  // namespace nmistorm::doctor
