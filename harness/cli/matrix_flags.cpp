// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/matrix_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/shared_flags.h"

namespace nmistorm::cli {

const std::vector<Flag<MatrixCommand>>& matrix_flags() {
    using C = MatrixCommand;
    using W = std::string;
    static const std::vector<Flag<C>> flags = {
        arch_flag<C>(),
        {"faults", "LIST", "images to run, such as none,torn-publish; none is the clean one [all]",
         fmt::format("a list of {}", fmt::join(abi::fault_names, ", ")),
         [](C& c, const W& w) { return assign(c.plan.faults, plan::parse_faults(w)); }},
        {"guest-build", "LIST", "run all as compiled by each of gcc-O0,clang-O3,... [as by default]",
         fmt::format("a list of {}", a_guest_build),
         [](C& c, const W& w) { return assign(c.plan.guest_builds, plan::parse_guest_builds(w)); }},
        injector_flag<C>(),
        {"seeds", "N", "storms of each image [3]", fmt::format("1 to {}", plan::seeds_max),
         [](C& c, const W& w) { return assign(c.plan.seeds, plan::parse_number(w, 1, plan::seeds_max)); }},
        seed_flag<C>(),
        duration_flag<C>("a fault must be found within 500ms, 10s, 5m, ... [10s]"),
        {"explore", "", "explore each image, too (nmistorm explore)", "true or false",
         [](C& c, const W& w) { return apply_switch(c.plan.explore, w); }},
        {"jobs", "N", "storms at a time [as many as this host's CPUs take]",
         fmt::format("1 to {}", plan::jobs_max),
         [](C& c, const W& w) { return assign(c.plan.jobs, plan::parse_number(w, 1, plan::jobs_max)); }},
        json_flag<C>(),
        progress_flag<C>(),
        quiet_flag<C>(),
    };
    return flags;
}

}  // namespace nmistorm::cli
