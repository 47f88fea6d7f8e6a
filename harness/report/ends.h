// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "oracle/vcpu_end.h"
#include "report/document.h"

namespace nmistorm::report {

/// A line for each vCPU, for each call that led there, and for its RCU. Only of a few, @p concerned among
/// them.
Table ends_table(const std::vector<oracle::VcpuEnd>& ends, std::optional<unsigned> concerned);

/// Adds to @p document, which has its cases, where the vCPUs were: to what is read first and to the cases
/// that failed those of ends_table(), and to the details all with their registers and code.
void add_ends(Document& document, const std::vector<oracle::VcpuEnd>& ends,
              std::optional<unsigned> concerned);

Json end_json(const oracle::VcpuEnd& end);

}  // namespace nmistorm::report
