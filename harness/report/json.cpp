// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/renderers.h"

namespace nmistorm::report {

std::string json_text(const Document& document) {
    return document.figures.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace nmistorm::report
