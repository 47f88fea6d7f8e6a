// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/fd.h"

namespace nmistorm::kvm {

/// A vCPU's binary statistics (api.rst, 4.133 KVM_GET_STATS_FD). May be read from any thread.
class Statistics {
  public:
    /// For a KVM without statistics: every value is absent.
    Statistics() = default;
    /// Reads the descriptors from @p fd. Throws Error if they are inconsistent.
    explicit Statistics(Fd fd);

    /// The statistic's present first value; none if this KVM does not have it.
    [[nodiscard]] std::optional<std::uint64_t> read(const std::string& name) const;

  private:
    Fd fd_;
    std::map<std::string, std::uint64_t> offsets_;  ///< of the values in the file
};

}  // namespace nmistorm::kvm
