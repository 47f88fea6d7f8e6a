// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/matrix_plan.h"

#include <algorithm>

namespace nmistorm::plan {
namespace {

constexpr std::chrono::seconds clean_at_least{2};

}  // namespace

std::vector<abi::Fault> MatrixPlan::all_images() {
    std::vector<abi::Fault> images;
    for (unsigned fault = 0; fault < abi::fault_count; ++fault) {
        images.push_back(static_cast<abi::Fault>(fault));
    }
    return images;
}

std::uint64_t seed_of(const MatrixPlan& plan, unsigned n) {
    return plan.seed + n;  // modulo 2^64
}

std::chrono::nanoseconds clean_duration(const MatrixPlan& plan) {
    const std::chrono::nanoseconds least = clean_at_least;
    const auto share = std::chrono::floor<std::chrono::milliseconds>(plan.duration / plan.seeds);
    return std::max<std::chrono::nanoseconds>(share, std::min(plan.duration, least));
}

unsigned usual_jobs(unsigned cpus, Injector injector) {
    const unsigned busy = RunPlan().vcpus + (injector == Injector::central ? 1 : 0);
    return std::max(cpus / busy, 1U);
}

}  // namespace nmistorm::plan
