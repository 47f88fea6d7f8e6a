// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <vector>

namespace nmistorm::oracle {

/// The last of @p all for which @p predicate holds; null if there is none. A lookup is nearly always for one
/// of the last few.
template <typename T, typename Predicate>
const T* newest(const std::vector<T>& all, Predicate predicate) {
    const auto found = std::find_if(all.rbegin(), all.rend(), predicate);
    return found == all.rend() ? nullptr : &*found;
}

}  // namespace nmistorm::oracle
