// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/slices.h"

#include <algorithm>

namespace nmistorm::trace {
namespace {

bool is_part(Slices::Kind part, Slices::Kind whole) {
    using enum Slices::Kind;
    switch (whole) {
        case nmi:
            return part == handler || part == callback;
        case handler:
            return part == callback;
        case data:
            return part == published || part == retired;
        default:
            return false;
    }
}

}  // namespace

void Slices::begin(Open open, std::string_view category, Name name, const Arguments& arguments) {
    if (open_.size() == depth_max) {
        packets_->instant(track_, category, name, arguments);
        return;
    }
    open_.push_back(open);
    packets_->begin(track_, category, name, arguments);
}

bool Slices::end(Kind kind, const Arguments& arguments, std::optional<std::uint64_t> key) {
    const auto found = std::find_if(open_.rbegin(), open_.rend(), [&](const Open& each) {
        return each.kind == kind && (!key || each.key == *key);
    });
    if (found == open_.rend()) {
        return false;
    }
    for (auto inside = found - open_.rbegin(); inside > 0; --inside) {
        end_innermost(is_part(open_.back().kind, kind) ? Arguments{} : Arguments{{"cut_short", true}});
    }
    end_innermost(arguments);
    return true;
}

void Slices::end_all(std::string_view why) {
    while (!open_.empty()) {
        end_innermost({{why, true}});
    }
}

void Slices::end_innermost(const Arguments& arguments) {
    packets_->end(track_, arguments);
    open_.pop_back();
}

}  // namespace nmistorm::trace
