// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/known.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace nmistorm::conform {

const std::vector<Deviation>& all_deviations() {
    using model::Clause;
    static const std::vector<Deviation> all = {
#define NMISTORM_DEVIATION(id, clause, backend, from, before, file, function, says) \
    {id, Clause::clause, backend, from, before, file, function, says},
#define NMISTORM_LINUX(major, minor) \
    { major, minor }
#define NMISTORM_ALWAYS \
    { 0, 0 }
#include "conform/known.def"
#undef NMISTORM_ALWAYS
#undef NMISTORM_LINUX
    };
    return all;
}

std::vector<Deviation> known_for(const std::string& backend, const std::string& release) {
    std::pair<int, int> kernel;
    if (std::sscanf(release.c_str(), "%d.%d", &kernel.first, &kernel.second) != 2) {
        return {};
    }
    constexpr std::pair<int, int> unbounded = {0, 0};
    std::vector<Deviation> known;
    std::ranges::copy_if(all_deviations(), std::back_inserter(known), [&](const Deviation& each) {
        return each.backend == backend && each.from <= kernel &&
               (each.before == unbounded || kernel < each.before);
    });
    return known;
}

}  // namespace nmistorm::conform
