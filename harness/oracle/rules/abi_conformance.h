// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>

#include <nmistorm/abi/version.h>

#include "oracle/rules/rule.h"

namespace nmistorm::oracle::rules {

/// A guest that obeys the ABI can have written what is in shared memory.
class AbiConformance : public Check {
  public:
    using Check::Check;
    void event(const Event& event) override;
    void finish(const Observation& observation) override;

  private:
    std::array<std::uint64_t, abi::max_cpus> trips_{};
    bool done_ = false;
};

}  // namespace nmistorm::oracle::rules
