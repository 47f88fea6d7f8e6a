// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include "plan/run_plan.h"

namespace nmistorm::inject {

/// What is asked of a vCPU at once.
struct Request {
    std::chrono::nanoseconds gap;  ///< earliest, after the request before
    std::uint32_t nmis = 1;        ///< to be queued with no KVM_RUN in between
    bool operator==(const Request&) const = default;
};

/// The requests to one target, in order: a pure function of the pace, the seed and the target.
class RequestStream {
  public:
    RequestStream(const plan::Pace& pace, std::uint64_t seed, unsigned target);

    Request next();

  private:
    std::chrono::nanoseconds exponential(std::chrono::nanoseconds mean);

    plan::Pace pace_;
    std::mt19937_64 random_;
};

}  // namespace nmistorm::inject
