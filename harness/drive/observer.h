// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "drive/counter_reader.h"
#include "drive/profile.h"
#include "guests/event_facts.h"
#include "guests/merge.h"
#include "machine/machine.h"
#include "oracle/judge.h"
#include "oracle/observation.h"

namespace nmistorm::drive {

/// Passes what a machine leaves in guest memory to the oracle during the run: it drains the rings, merges
/// their events and has facts made of them, and samples and widens the counters. Host thread only.
class Observer {
  public:
    using Record = std::function<void(const oracle::Record&)>;

    /// @p record is told all that the judge is told; it may be empty.
    Observer(const plan::RunPlan& plan, machine::Machine& machine, Record record);

    /// Empties every ring and sample buffer. It must be called often, or the guest drops events.
    void drain();
    /// Reads every CPU's counters. Call it at least every few hours, before one can change by 2^31.
    void sample();
    /// Drains and samples for the last time, when no vCPU runs.
    void finish();

    [[nodiscard]] oracle::Judge& judge() { return judge_; }
    [[nodiscard]] const oracle::Judge& judge() const { return judge_; }
    [[nodiscard]] const oracle::Counters& counters(unsigned cpu) const { return counters_[cpu].counters(); }
    /// The sum over all CPUs.
    [[nodiscard]] oracle::Counters total() const;
    [[nodiscard]] std::uint64_t events_lost() const { return merge_.lost(); }
    [[nodiscard]] const Profile& profile() const { return profile_; }
    [[nodiscard]] std::uint64_t samples_lost() const;
    [[nodiscard]] const std::vector<std::string>& malformed() const { return malformed_; }
    /// The last event about a grace period was that one began.
    [[nodiscard]] bool in_grace_period() const { return in_grace_period_; }

  private:
    guests::Merge::Output events();
    guests::EventFacts::Output facts();
    void drain_samples(unsigned cpu);
    void complain(std::string sentence);

    void note(const oracle::Record& record);

    machine::Machine& machine_;
    Record record_;
    oracle::Judge judge_;
    guests::EventFacts facts_;
    guests::Merge merge_;
    std::vector<CounterReader> counters_;
    std::vector<std::string> malformed_;
    std::vector<abi::Event> buffer_;
    std::vector<std::uint32_t> samples_;
    Profile profile_;
    bool in_grace_period_ = false;
};

}  // namespace nmistorm::drive
