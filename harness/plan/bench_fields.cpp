// SPDX-License-Identifier: GPL-2.0-or-later
#include <nmistorm/abi/version.h>

#include "plan/bench_plan.h"
#include "plan/field_rows.h"

namespace nmistorm::plan {

template <>
const std::vector<Field<BenchPlan>>& fields() {
    static const std::vector<Field<BenchPlan>> all = {
        arch_field<BenchPlan>(),
        source_field<BenchPlan>("all"),
        time_field<&BenchPlan::duration>("duration",
                                         "how long each figure is measured in each round [100ms]"),
        number_field<&BenchPlan::rounds, 1, rounds_max>("rounds", "rounds, whose medians are shown [5]"),
        number_field<&BenchPlan::vcpus, 2, abi::max_cpus>(
            "vcpus", "grace periods are measured with 2, 4, 8, ... vCPUs, up to N [8]"),
        pin_field<BenchPlan>(),
    };
    return all;
}

}  // namespace nmistorm::plan
