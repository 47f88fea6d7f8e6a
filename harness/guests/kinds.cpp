// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/error.h"

namespace nmistorm::guests {
namespace {

/// The first that takes an image gets it.
constexpr const GuestKind* kinds[] = {&abi_kind};

}  // namespace

const GuestKind& kind_of(const image::Image& image) {
    const auto* const kind =
        std::ranges::find_if(kinds, [&image](const GuestKind* each) { return each->takes(image); });
    if (kind == std::end(kinds)) {
        throw UsageError(fmt::format(
            "{}: has no nmistorm note, and is no other kind of guest: a guest image declares its ABI "
            "version as guest/main.cpp does",
            image.name()));
    }
    return **kind;
}

}  // namespace nmistorm::guests
