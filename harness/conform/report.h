// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "conform/conform.h"
#include "report/document.h"

namespace nmistorm::conform {

/// "nmistorm conform --filter x86_64/kernel/plain/kvm-nmi/1/none"
std::string command_for(const Case& each);

/// Its figures are as include/nmistorm/schema/nmistorm.conform.1.schema.json describes them. @p every_case:
/// the summary has a line for each case, too.
///
/// A deviation that is not known is a violation; a run in which no case ran is inconclusive.
report::Document document(const Results& results, const report::Provenance& provenance, bool every_case);

}  // namespace nmistorm::conform
