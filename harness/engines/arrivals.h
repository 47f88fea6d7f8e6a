// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/address.h"
#include "image/image.h"
#include "oracle/observation.h"
#include "plan/run_plan.h"

namespace nmistorm::engines {

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
    /// How many there are.
    [[nodiscard]] std::size_t instructions() const { return instructions_; }
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

/// Decides when NMIs have arrived wherever they are going to: at every instruction; or at no further one for
/// as long as it took to come so far, and for ten seconds at least. Some instructions take no NMI on some
/// hosts: an emulator may look for one only between blocks of instructions. Pure.
class Saturation {
  public:
    static constexpr std::chrono::nanoseconds least = std::chrono::seconds(10);

    /// @p reached of @p all instructions had an arrival @p elapsed after the first request.
    bool look(std::size_t reached, std::size_t all, std::chrono::nanoseconds elapsed) {
        if (reached != reached_) {
            reached_ = reached;
            last_new_ = elapsed;
        }
        return reached == all || (reached != 0 && elapsed - last_new_ >= std::max(last_new_, least));
    }

  private:
    std::size_t reached_ = 0;
    std::chrono::nanoseconds last_new_{};
};

}  // namespace nmistorm::engines
