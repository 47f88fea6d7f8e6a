// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include <nmistorm/abi/cpu_page.h>

#include "oracle/observation.h"

namespace nmistorm::guests {

/// Reads one CPU's counters and widens them, since they wrap at 2^32. Between two reads each may change by
/// less than 2^31. If the guest lets a counter go down, the widened value goes down too.
class CounterReader {
  public:
    /// Returns a sentence about a counter that went below its start value, which no counter does.
    std::optional<std::string> read(const abi::Counters& now);

    [[nodiscard]] const oracle::Counters& counters() const { return counters_; }

  private:
    abi::Counters last_{};
    oracle::Counters counters_;
};

}  // namespace nmistorm::guests
