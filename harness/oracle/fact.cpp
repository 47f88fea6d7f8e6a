// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/fact.h"

namespace nmistorm::oracle {

std::string_view name(const Fact& fact) {
    return std::visit([](const auto& what) { return what.name; }, fact);
}

}  // namespace nmistorm::oracle
