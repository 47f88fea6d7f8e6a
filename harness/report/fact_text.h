// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "oracle/fact.h"

namespace nmistorm::report {

std::string_view name(abi::Trip trip);  ///< "data_magic", ...; "?" for what the ABI does not know

/// The fact's name and what its fields mean.
std::string fact_text(const oracle::Fact& fact);

/// One line without its end: order, vCPU, name and what the fact's fields mean.
std::string fact_line(const oracle::Recorded& recorded);

}  // namespace nmistorm::report
