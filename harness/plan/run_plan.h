// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nmistorm/abi/boot.h>
#include <nmistorm/abi/fault.h>

#include "plan/shard.h"

namespace nmistorm::plan {

enum class Arch { i386, x86_64 };

/// A way to make an NMI happen (design, section 2).
enum class Source {
#define NMISTORM_SOURCE(enumerator, name, by) enumerator,
#include "plan/source.def"
};

/// The mode of the local APICs by which the source ipi sends its NMIs.
enum class Apic { x2apic, xapic };

/// Which thread decides when a vCPU gets its next NMI.
enum class Injector {
    own,      ///< the vCPU's own, which a timer takes out of the guest
    central,  ///< one thread for all vCPUs, which kicks them
};

inline constexpr std::chrono::microseconds slice_min{10};
/// A fresh VM needs time until the guest's pages are mapped again.
inline constexpr std::chrono::milliseconds churn_min{10};

/// When the next NMI of a target is due.
struct Pace {
    enum class Kind {
        lockstep,  ///< as soon as the previous one was handled
        rate,      ///< n a second and target on average, at random instants (a Poisson process)
        burst,     ///< n at once, and the next n after the vCPU has answered
        max,       ///< as fast as requests can be made, without waiting for handlers
    };
    Kind kind = Kind::lockstep;
    std::uint32_t n = 0;  ///< rate: NMIs a second, burst: NMIs; at least 1 there, else 0
    bool operator==(const Pace&) const = default;
};

/// Which vCPUs NMIs are sent to.
struct Targets {
    enum class Kind { all, others, list };  ///< others: all but the updater's
    Kind kind = Kind::all;
    std::vector<unsigned> list;  ///< ascending, without repetition; only with Kind::list
    bool operator==(const Targets&) const = default;
};

enum class Observe { counters, events };

/// vCPU 0 runs the updater.
inline constexpr unsigned updater_vcpu = 0;

/// Everything that determines a storm, as one value. The defaults are those of `nmistorm storm` without a
/// flag.
struct RunPlan {
    Arch arch = Arch::x86_64;
    std::optional<std::string> guest_file = {};  ///< instead of an embedded image
    abi::Fault fault = abi::Fault::none;         ///< which embedded image
    /// How the embedded image was compiled, e.g. "gcc-O0"; none: as by default.
    std::optional<std::string> guest_build = {};
    unsigned vcpus = 2;
    /// Each NMI is made by one of them, at random; in the order of their numbers, at least one. What a host
    /// lacks is left out of all of them, but is an error if it was chosen.
    std::vector<Source> sources = {Source::kvm_nmi};
    Apic apic = Apic::x2apic;
    Pace pace = {};
    Injector injector = Injector::own;
    /// How long a vCPU runs between two looks at whether an NMI is due, on average; none: what gives the most
    /// overlaps. Only with Injector::own, and not for Pace::Kind::rate.
    std::optional<std::chrono::nanoseconds> slice = {};
    Targets targets = {};
    abi::Cycle cycle = abi::Cycle::unset;
    std::uint32_t handlers = abi::handlers_all;
    std::uint32_t work = abi::work_all;  ///< what vCPUs other than the updater's do between NMIs
    std::optional<std::chrono::nanoseconds> duration = std::chrono::seconds(10);  ///< none: no limit
    std::optional<std::uint64_t> nmis = {};  ///< requests in all, dealt evenly to the targets
    bool until_covered = false;  ///< stop when NMIs have arrived at every instruction (engines/arrivals.h)
    std::uint64_t seed = 1;
    Observe observe = Observe::events;
    bool hotplug = false;  ///< the last vCPU starts late and goes offline now and then
    /// How often the VM is replaced, as by a live migration, on average; none: never.
    std::optional<std::chrono::nanoseconds> churn = {};
    bool interrupts_off = false;  ///< the guest runs with RFLAGS.IF clear
    bool pin = false;             ///< each vCPU's thread stays on one of this host's CPUs
    bool profile = false;         ///< report where NMIs hit the guest; `sampling` is among the handlers
    bool operator==(const RunPlan&) const = default;
};

/// The handlers that are swapped by default. For a profile these are `sampling` and `long`: hardly any NMI
/// would overlap a swap without `long`, and every other handler would take NMIs without recording a sample.
std::uint32_t usual_handlers(bool profile);

/// The storm of @p shard, where @p plan is meant for all shards together: another seed for each, and a part
/// of the requests.
RunPlan part_of(const RunPlan& plan, const Shard& shard);

/// The vCPUs that @p plan sends NMIs to, ascending.
std::vector<unsigned> target_vcpus(const RunPlan& plan);

}  // namespace nmistorm::plan
