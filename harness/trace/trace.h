// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "oracle/finding.h"
#include "oracle/judge.h"
#include "oracle/observation.h"
#include "oracle/record.h"
#include "trace/counter.h"
#include "trace/handler_data.h"
#include "trace/names.h"
#include "trace/packets.h"
#include "trace/slices.h"
#include "trace/vcpu_track.h"

namespace nmistorm::trace {

/// What a trace is of.
struct Subject {
    std::string image;                 ///< names the process
    std::vector<std::string> command;  ///< that made the facts
    unsigned vcpus = 0;
    Names::Lookup name_at = {};  ///< of an instruction of the image; none: it is not known
    /// The host's clock, if facts are told while they happen; it must ascend.
    std::function<Clock::time_point()> clock = {};
};

/// How a run ended.
struct End {
    std::vector<oracle::Finding> findings = {};       ///< all of them
    std::vector<oracle::SourceAccount> sources = {};  ///< what they were asked for in all
    std::uint64_t events_lost = 0;
    bool interrupted = false;
};

/// Shows what the oracle is told as a Perfetto trace (docs/trace.md), in bounded memory, while the run goes
/// on.
///
/// Facts have an order and no time, so a fact's order is its time in microseconds. Any facts give a valid
/// trace.
class Trace {
  public:
    Trace(Subject subject, Packets::Sink sink);
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;

    /// @p judge has just taken @p record, whose vCPU is one of the run's.
    void take(const oracle::Record& record, const oracle::Judge& judge);

    /// The host is about to ask for an NMI to @p vcpu, one of the run's.
    void nmi_requested(unsigned vcpu);

    /// What each of @p sources was asked for until now.
    void requests(const std::vector<oracle::SourceAccount>& sources);

    /// Call once, last.
    void end(const End& end);

  private:
    struct Vcpu {
        VcpuTrack track;
        std::optional<Slices> grace_periods = {};  ///< for which it waits
        std::uint64_t handled = 0;                 ///< since the last rate
        std::uint64_t rate = 0;                    ///< NMIs a second, as last shown
        Counter from_idle;                         ///< NMIs that interrupted idle
    };

    void on(const oracle::Recorded& recorded);
    void on(const oracle::Gap&);
    void on(const oracle::Sample&) {}
    void on(const oracle::AtRest& rest);
    void on(const oracle::FatalExit& exit);
    void on(const oracle::Deadlock& deadlock);
    void on(const oracle::Malformed& malformed);

    void take(const oracle::At& at, const oracle::fact::GracePeriodBegan& began);
    void take(const oracle::At& at, const oracle::fact::GracePeriodEnded& ended);
    void take(const oracle::At& at, const oracle::fact::UpdaterDone&);
    void take(const oracle::At&, const auto&) {}

    Slices& grace_periods(unsigned vcpu);
    void show(const oracle::Finding& finding);
    void show_new(const std::vector<oracle::Finding>& findings);
    void look_at_clock();
    void show_rates(Clock::time_point now);
    void end_all(std::string_view why);

    Subject subject_;
    Packets packets_;
    Names names_;
    HandlerData data_;
    std::vector<Vcpu> vcpus_;
    std::optional<std::uint64_t> last_;  ///< order of the last fact
    bool gap_ = false;                   ///< facts after it were lost
    std::uint64_t facts_ = 0;
    std::set<std::string> shown_;  ///< findings; their number is limited (oracle::FindingSink)
    std::size_t findings_ = 0;     ///< of the judge, when it was last asked
    Counter overlaps_;
    std::optional<Clock::time_point> began_;
    Clock::time_point rates_at_;
    unsigned until_clock_ = 0;  ///< records
    std::map<plan::Source, Counter> requests_;
};

}  // namespace nmistorm::trace
