// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "oracle/vcpu_end.h"
#include "report/document.h"

namespace nmistorm::report {

/// A line for each vCPU, and one for each call that led there.
Table ends_table(const std::vector<oracle::VcpuEnd>& ends);

/// Its registers, its code and its stack.
Table end_table(const oracle::VcpuEnd& end);

Json end_json(const oracle::VcpuEnd& end);

}  // namespace nmistorm::report
