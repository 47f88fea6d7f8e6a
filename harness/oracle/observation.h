// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "oracle/fatal_exit.h"
#include "oracle/limit.h"
#include "plan/run_plan.h"

namespace nmistorm::oracle {

/// abi::Counters, widened to 64 bits so that they do not wrap.
struct Counters {
    std::uint64_t nmi_entries = 0;
    std::uint64_t nmi_exits = 0;
    std::uint64_t nmi_count = 0;
    std::uint64_t nmi_answered = 0;
    std::uint64_t nmi_defaulted = 0;
    std::uint64_t nmi_idle = 0;
    std::uint64_t readers = 0;
    std::uint64_t swaps = 0;
    std::uint64_t grace_periods = 0;
    std::uint64_t freed = 0;
    std::uint64_t overlaps = 0;
    std::uint64_t trips = 0;
    std::uint64_t unloaded = 0;
    std::uint64_t nmi_offline = 0;
    std::uint64_t onlines = 0;
    std::uint64_t nmi_dummy = 0;
    std::uint64_t nmi_declined = 0;
    std::uint64_t nmi_nested = 0;
    std::uint64_t nmi_callbacks = 0;

    /// Each with its name (abi::Counters), and with the same of @p others.
    static void fields(auto& self, auto field, const auto&... others) {
        field("nmi_entries", self.nmi_entries, others.nmi_entries...);
        field("nmi_exits", self.nmi_exits, others.nmi_exits...);
        field("nmi_count", self.nmi_count, others.nmi_count...);
        field("nmi_answered", self.nmi_answered, others.nmi_answered...);
        field("nmi_defaulted", self.nmi_defaulted, others.nmi_defaulted...);
        field("nmi_idle", self.nmi_idle, others.nmi_idle...);
        field("readers", self.readers, others.readers...);
        field("swaps", self.swaps, others.swaps...);
        field("grace_periods", self.grace_periods, others.grace_periods...);
        field("freed", self.freed, others.freed...);
        field("overlaps", self.overlaps, others.overlaps...);
        field("trips", self.trips, others.trips...);
        field("unloaded", self.unloaded, others.unloaded...);
        field("nmi_offline", self.nmi_offline, others.nmi_offline...);
        field("onlines", self.onlines, others.onlines...);
        field("nmi_dummy", self.nmi_dummy, others.nmi_dummy...);
        field("nmi_declined", self.nmi_declined, others.nmi_declined...);
        field("nmi_nested", self.nmi_nested, others.nmi_nested...);
        field("nmi_callbacks", self.nmi_callbacks, others.nmi_callbacks...);
    }
    bool operator==(const Counters&) const = default;
    Counters& operator+=(const Counters& more) {
        fields(
            *this, [](const char*, std::uint64_t& sum, std::uint64_t value) { sum += value; }, more);
        return *this;
    }
};

/// What the harness requested from KVM for one vCPU, and the bounds that follow from KVM's rules
/// (oracle/delivery_ledger.h). All are numbers of NMIs since counting began, which is after the first NMI.
struct Delivery {
    std::uint64_t requested = 0;
    std::uint64_t accepted = 0;                   ///< by KVM, as the source says
    std::uint64_t entries = 0;                    ///< times the guest entered its NMI vector
    std::uint64_t at_least = 0;                   ///< least number of entries once the vCPU is settled
    std::uint64_t at_most = 0;                    ///< greatest possible number of entries
    std::uint64_t surplus = 0;                    ///< entries beyond at_most, observed at any time
    std::optional<std::uint64_t> kvm_injections;  ///< the statistic nmi_injections, if this KVM has it
};

/// What was asked of one source of NMIs, on all vCPUs, since counting began.
struct SourceAccount {
    plan::Source source{};
    std::uint64_t requested = 0;
    std::uint64_t accepted = 0;
};

/// What the watchdog found to make no progress.
struct Stall {
    enum class What {
        boot,          ///< a vCPU never came online
        handler,       ///< an NMI handler did not return
        grace_period,  ///< synchronize_sched did not return
        swap,          ///< the updater stopped anywhere else
        delivery,      ///< an accepted NMI was not handled although the vCPU ran with NMIs unmasked
        finish,        ///< the updater was asked to stop and did not
        deadlock,      ///< no vCPU can go on; only stepping can see it
    };
    What what{};
    unsigned vcpu = 0;
    std::uint64_t ip = 0;  ///< where the vCPU was, 0 if unknown
    double seconds = 0;    ///< for how long
};

struct VcpuObservation {
    Counters counters;
    Delivery delivery;
    bool target = false;  ///< the plan sends it NMIs
};

/// Where NMIs arrived in one function of the guest.
struct ArrivalsIn {
    struct At {
        GuestVirt instruction;
        std::uint64_t nmis;
    };
    std::string function;
    std::uint64_t nmis = 0;  ///< in the whole function
    std::vector<At> by_instruction;

    /// At how many instructions at least one arrived.
    [[nodiscard]] std::size_t reached() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(by_instruction, [](const At& at) { return at.nmis != 0; }));
    }
};

/// Everything observed of a run other than its events, as one value. The rules get the events before it, one
/// by one and in order, since the events of a run of hours do not fit in memory.
struct Observation {
    plan::RunPlan plan;
    std::vector<Limit> limits;           ///< what this kind of guest cannot show
    std::vector<SourceAccount> sources;  ///< those that made NMIs; empty before the storm has begun
    std::vector<std::string> left_out;   ///< sources that the host lacks, each with the reason
    std::vector<VcpuObservation> vcpus;  ///< one for each vCPU
    std::vector<FatalExit> fatal_exits;
    std::vector<Stall> stalls;
    std::vector<std::string> malformed;  ///< what no correct guest can write to shared memory
    std::uint64_t events_lost = 0;
    std::vector<ArrivalsIn> arrivals;
    bool covered = false;  ///< with plan.until_covered: no further instruction is going to have an arrival
    std::uint64_t samples = 0;       ///< NMIs whose place the handler `sampling` recorded
    std::uint64_t samples_lost = 0;  ///< NMIs whose place it could not record
    std::uint64_t churns = 0;        ///< how often the VM was replaced
    bool settled = false;            ///< at the end no vCPU had an NMI pending or in its handler
    bool finished = false;           ///< the updater ended its last swap and reported that it is done
};

/// @p vcpu stopped for good: what it was doing then never ended.
inline bool exited_fatally(const Observation& observation, unsigned vcpu) {
    return std::ranges::any_of(observation.fatal_exits,
                               [vcpu](const FatalExit& fatal_exit) { return fatal_exit.vcpu == vcpu; });
}

}  // namespace nmistorm::oracle
