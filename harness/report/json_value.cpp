// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/json_value.h"

namespace nmistorm::report {

std::string shown(const Json& json) {
    constexpr std::size_t longest = 40;
    if (json.is_structured()) {
        return json.is_array() ? "a list" : "an object";
    }
    const std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
    return text.size() <= longest ? text : text.substr(0, longest) + "...";
}

std::string line_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool has_control_characters(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (c < 0x20 || c == 0x7f || c1) {
            return true;
        }
    }
    return false;
}

const Json& member(const Json& object, const char* name) {
    if (!object.is_object()) {
        throw Misfit{fmt::format("{} is no object", shown(object))};
    }
    const auto found = object.find(name);
    if (found == object.end()) {
        throw Misfit{fmt::format("\"{}\" is missing", name)};
    }
    return *found;
}

}  // namespace nmistorm::report
