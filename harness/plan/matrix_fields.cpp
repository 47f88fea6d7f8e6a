// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/field_rows.h"

namespace nmistorm::plan {

template <>
const std::vector<Field<MatrixPlan>>& fields() {
    static const std::vector<Field<MatrixPlan>> all = {
        arch_field<MatrixPlan>(),
        field<&MatrixPlan::faults, parse_faults>(
            {"faults", "LIST", "images to run, such as none,torn-publish; none is the clean one [all]",
             fmt::format("a list of {}", fmt::join(abi::fault_names, ", "))}),
        field<&MatrixPlan::guest_builds, parse_guest_builds>(
            {"guest-build", "LIST", "run all as compiled by each of gcc-O0,clang-O3,... [as by default]",
             fmt::format("a list of {}", a_guest_build), "guest_builds"}),
        injector_field<MatrixPlan>(),
        number_field<&MatrixPlan::seeds, 1, seeds_max>("seeds", "storms of each image [3]"),
        seed_field<MatrixPlan>(),
        time_field<&MatrixPlan::duration>("duration",
                                          "a fault must be found within 500ms, 10s, 5m, ... [10s]"),
        switch_field<&MatrixPlan::explore>("explore", "explore each image, too (nmistorm explore)"),
        field<&MatrixPlan::shard, parse_shard>(
            {"shard", "I/N|env", "only the I-th of N parts of the storms [1/1]", a_shard}),
        number_field<&MatrixPlan::jobs, 1, jobs_max>("jobs",
                                                     "storms at a time [as many as this host's CPUs take]"),
    };
    return all;
}

}  // namespace nmistorm::plan
