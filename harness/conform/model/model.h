// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <set>

#include "conform/model/clause.h"
#include "conform/model/scenario.h"
#include "conform/model/trace.h"

namespace nmistorm::conform::model {

/// Every trace that @p scenario may have: more than one where the architecture leaves something open. These
/// are left open, with no clause:
/// - whether an NMI comes inside an interrupt shadow or one instruction later (SDM 2B STI, SDM 3A 6.8.3, and
///   VMX's "blocking by STI", SDM 3C 25.4.2: each CPU has its own way);
/// - whether a MOV to SS behind another holds it back once more (SDM 3A 6.8.3: only the first surely does);
/// - whether an IRET that faults has ended the block of NMIs, and when (SDM 3C 28.2.3 says that it may);
/// - whether an NMI that comes while a vCPU waits for a SIPI is kept (SDM 3C 25.4.2 says only that such
///   a CPU waits; KVM keeps it).
/// Throws Error if there are too many.
std::set<Trace> permitted(const Scenario& scenario, const Switches& switches = {});

}  // namespace nmistorm::conform::model
