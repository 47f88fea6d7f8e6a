// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include "plan/run_plan.h"

namespace nmistorm::sources {

/// What is requested from a vCPU at one time.
struct Request {
    std::chrono::nanoseconds gap;  ///< the shortest time after the previous request
    std::uint32_t nmis = 1;        ///< NMIs to queue without a KVM_RUN in between
    bool operator==(const Request&) const = default;
};

/// The requests to one target, in order. They depend only on the pace, the seed and the target.
class RequestStream {
  public:
    RequestStream(const plan::Pace& pace, std::uint64_t seed, unsigned target);

    Request next();

  private:
    std::chrono::nanoseconds exponential(std::chrono::nanoseconds mean);

    plan::Pace pace_;
    std::mt19937_64 random_;
};

}  // namespace nmistorm::sources
