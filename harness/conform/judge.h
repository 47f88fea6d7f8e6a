// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "conform/case.h"
#include "conform/known.h"
#include "conform/model/clause.h"
#include "conform/model/trace.h"

namespace nmistorm::conform {

enum class Result {
    pass,         ///< what was seen is permitted
    known,        ///< it is not, and only known deviations of this KVM are needed to explain it
    deviation,    ///< it is not
    unsupported,  ///< this KVM cannot run the case
};
/// "PASS", "KNOWN", "DEVIATION", "UNSUPPORTED"
std::string_view name(Result result);

/// A case and what became of it.
struct Judged {
    Case of;
    Result result = Result::pass;
    /// Clauses that, broken, explain what was seen; empty if it is permitted or if no two explain it.
    std::vector<model::Clause> clauses = {};
    std::vector<std::string> known = {};  ///< ids of the known deviations among them
    model::Trace seen = {};
    std::vector<model::Trace> permitted = {};  ///< only of what is not; the shortest ones, at most five
    std::string says = {};                     ///< why it is unsupported, or how the vCPU died
};

/// Holds @p seen against the model. The scenario is that of @p of.
Judged judge(const Case& of, const model::Trace& seen, const std::vector<Deviation>& known);

}  // namespace nmistorm::conform
