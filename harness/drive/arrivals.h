// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "image/image.h"
#include "oracle/observation.h"
#include "plan/run_plan.h"

namespace nmistorm::drive {

/// Counts at which instructions NMIs arrived, of the functions on which the order of an NMI and a swap
/// depends. An NMI arrives where the vCPU is when KVM gets it: there it is delivered or, in NMI code, kept
/// until the IRET.
class Arrivals {
  public:
    Arrivals(const plan::RunPlan& plan, const image::Image& image);

    /// @p nmis arrived at @p ip. Called on the vCPU's thread.
    void record(unsigned cpu, GuestVirt ip, std::uint32_t nmis);

    /// How many instructions had an arrival. Any thread may ask.
    [[nodiscard]] std::size_t reached() const;
    [[nodiscard]] bool covered() const { return reached() == instructions_; }
    [[nodiscard]] std::vector<oracle::ArrivalsIn> result() const;

  private:
    struct Function {
        std::string name;
        std::uint64_t begin;
        std::uint64_t end;
        std::size_t first;                        ///< index of its first byte's count
        std::vector<std::uint64_t> instructions;  ///< their addresses
    };
    [[nodiscard]] std::uint64_t at(const Function& function, std::uint64_t address) const;

    std::vector<Function> functions_;
    std::size_t instructions_ = 0;
    std::vector<std::vector<std::atomic<std::uint32_t>>> counts_;  ///< by vCPU, then by byte
};

}  // namespace nmistorm::drive
