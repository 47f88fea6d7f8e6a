// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "campaign/fault_facts.h"
#include "doctor/runs_guests.h"
#include "engines/guest_image.h"
#include "engines/storm.h"
#include "kvm/system.h"
#include "plan/names.h"

namespace nmistorm {

/// Runs @p plan on this host's KVM. Without a KVM the test fails: it must not pass without running.
inline engines::StormResult storm(const plan::RunPlan& plan) {
    return engines::storm(plan, engines::guest_image(plan), kvm::System::open(), {});
}

/// The number of seeds for tests whose result depends on one.
inline unsigned seeds() {
    const char* asked = std::getenv("NMISTORM_TEST_SEEDS");
    return asked != nullptr ? static_cast<unsigned>(std::strtoul(asked, nullptr, 10)) : 2;
}

/// The reason why this host cannot run guests of @p arch; empty if it can.
inline const std::string& why_not(plan::Arch arch) {
    static std::map<plan::Arch, std::string> answers;
    if (const auto known = answers.find(arch); known != answers.end()) {
        return known->second;
    }
    std::string why;
    try {
        plan::RunPlan plan;
        plan.arch = arch;
        doctor::require_runs(kvm::System::open(), engines::guest_image(plan));
    } catch (const HostCannot& error) {
        why = error.what();
    }
    return answers[arch] = why;
}

/// For SetUp(): skips the test if this host cannot run this architecture but can run x86-64. On a host
/// without a usable KVM the test fails.
inline void need(plan::Arch arch) {
    ASSERT_TRUE(why_not(plan::Arch::x86_64).empty()) << why_not(plan::Arch::x86_64);
    if (!why_not(arch).empty()) {
        GTEST_SKIP() << why_not(arch);
    }
}

class OnArch : public testing::TestWithParam<plan::Arch> {
  protected:
    void SetUp() override { need(GetParam()); }
};

inline std::string name_of_arch(const testing::TestParamInfo<plan::Arch>& arch) {
    return std::string(plan::name(arch.param));
}

using ArchAndFault = std::tuple<plan::Arch, abi::Fault>;

inline std::vector<abi::Fault> faults() {
    std::vector<abi::Fault> all;
    for (const campaign::FaultFacts& facts : campaign::fault_facts()) {
        all.push_back(facts.fault);
    }
    return all;
}

inline std::string name_of(const testing::TestParamInfo<ArchAndFault>& info) {
    const auto& [arch, fault] = info.param;
    std::string name(plan::name(fault));
    std::ranges::replace(name, '-', '_');
    return std::string(plan::name(arch)) + "_" + name;
}

inline std::string text(const std::vector<oracle::Finding>& findings) {
    std::string all;
    for (const oracle::Finding& finding : findings) {
        all += fmt::format("{}: {} (at {:#x})\n", oracle::name(finding.rule), finding.detail,
                           finding.at.value_or(GuestVirt{}).value);
    }
    return all;
}

inline bool found(const engines::StormResult& result, oracle::Rule rule) {
    return std::ranges::any_of(result.findings,
                               [rule](const oracle::Finding& each) { return each.rule == rule; });
}

/// Calls storm() with one seed after the other until one is not inconclusive, since chance decides how often
/// an NMI overlaps a swap. A violation ends it. Too many inconclusive storms fail.
inline engines::StormResult storm_with_coverage(plan::RunPlan plan) {
    constexpr unsigned most = 10;
    for (unsigned tries = 1;; ++tries, ++plan.seed) {
        engines::StormResult result = storm(plan);
        if (oracle::outcome(result.findings) != oracle::Outcome::inconclusive || tries == most) {
            return result;
        }
    }
}

inline void expect_pass(const engines::StormResult& result) {
    EXPECT_EQ(oracle::outcome(result.findings), oracle::Outcome::pass) << text(result.findings);
    EXPECT_EQ(result.observation.events_lost, 0U);
}

inline std::uint64_t handled(const engines::StormResult& result) {
    std::uint64_t sum = 0;
    for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
        sum += vcpu.delivery.entries;
    }
    return sum;
}

}  // namespace nmistorm
