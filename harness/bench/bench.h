// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "image/image.h"
#include "kvm/system.h"
#include "oracle/histogram.h"
#include "plan/bench_plan.h"

/// How fast NMIs and grace periods are, each figure beside its floor: the least that does the same, in the
/// same process and in turns with it.
namespace nmistorm::bench {

/// What a figure is measured on.
struct Target {
    plan::Source source{};
    bool halted = false;  ///< the vCPU is halted between NMIs; else it executes preemptible code

    [[nodiscard]] const char* state() const { return halted ? "halted" : "busy"; }
};

/// One figure of several rounds.
struct Spread {
    double median = 0;
    double least = 0;
    double most = 0;
};
/// All zero if @p rounds is empty.
Spread spread_of(std::vector<double> rounds);

/// A figure of the harness, the same of its floor, and the harness's in units of the floor's, round by round.
struct Compared {
    Spread harness;
    Spread floor;
    Spread ratio;
};
/// Both have one value a round.
Compared compare(const std::vector<double>& harness, const std::vector<double>& floor);

/// From the request of an NMI, in nanoseconds, of all rounds.
struct Latency {
    oracle::Histogram entry;  ///< until the guest has entered its NMI vector
    oracle::Histogram exit;   ///< until it is about to leave it
};

/// Of one source and one state of the vCPU that gets the NMIs.
struct NmiFigures {
    Target target;
    Compared lockstep;   ///< NMIs a second that were handled, each requested when the one before was
    Compared pipelined;  ///< likewise, each requested when the one before was entered
    Latency harness;     ///< in lockstep
    Latency floor;
};

/// Of storms with so many vCPUs, of five times the plan's duration each. The floor is the same without NMIs.
struct GracePeriodFigures {
    unsigned vcpus = 0;
    Compared p50_us;
    Compared p99_us;
    Spread nmis_per_s;  ///< handled on all vCPUs
};

struct Figures {
    std::vector<NmiFigures> nmis;
    std::vector<GracePeriodFigures> grace_periods;
    std::vector<std::string> left_out;  ///< "irqfd: this host's KVM lacks ..."
    bool interrupted = false;           ///< there are only those that were measured until then
};

struct BenchStatus {
    unsigned done = 0;  ///< rounds, of all figures
    unsigned all = 0;
    std::string now;  ///< "msi, busy"
};

struct BenchHooks {
    std::function<void(const BenchStatus&)> status;  ///< called before each round
    std::function<bool()> interrupted;               ///< likewise; true ends the benchmark
};

/// Throws HostCannot, UsageError and Error as a storm of such a plan does.
Figures measure(const plan::BenchPlan& plan, const image::Image& image, const kvm::System& system,
                const BenchHooks& hooks);

}  // namespace nmistorm::bench
