// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "doctor/check.h"
#include "report/document.h"

namespace nmistorm::doctor {

/// Its figures are as include/nmistorm/schema/nmistorm.doctor.1.schema.json describes them. The verdict is
/// pass if the host is usable().
report::Document document(const Checks& checks, const report::Provenance& provenance);

}  // namespace nmistorm::doctor
