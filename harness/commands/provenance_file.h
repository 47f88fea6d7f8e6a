// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>

#include "report/document.h"

namespace nmistorm::commands {

/// What `--out` keeps of how @p document came about: the command, the seed, this program, and the host with
/// what `nmistorm doctor` says of it. That takes a few seconds, unless @p interrupted. Of the host on which a
/// judged run took place, no more is known than its report has.
/// include/nmistorm/schema/nmistorm.provenance.1.schema.json describes it.
std::string provenance_text(const report::Document& document, const std::function<bool()>& interrupted);

}  // namespace nmistorm::commands
