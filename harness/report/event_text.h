// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include <nmistorm/abi/event.h>

#include "oracle/event.h"

namespace nmistorm::report {

std::string_view name(abi::EventKind kind);  ///< "nmi_enter", ...; "?" for what the ABI does not know
std::string_view name(abi::Trip trip);       ///< "data_magic", ...; likewise

/// One line without its end: order, vCPU, kind and what the kind's fields mean.
std::string event_line(const oracle::Event& event);

}  // namespace nmistorm::report
