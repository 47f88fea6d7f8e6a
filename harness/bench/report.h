// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "bench/bench.h"
#include "report/document.h"

namespace nmistorm::bench {

report::Document document(const plan::BenchPlan& plan, const Figures& figures,
                          const report::Provenance& provenance);

}  // namespace nmistorm::bench
