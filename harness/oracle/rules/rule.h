// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/finding_sink.h"
#include "oracle/observation.h"
#include "oracle/tally.h"
#include "oracle/timeline.h"

namespace nmistorm::oracle::rules {

/// What every rule may look at, and where its findings go.
struct Context {
    const Timeline& timeline;  ///< up to the event being judged, without it
    const Tally& tally;
    FindingSink& sink;
};

/// For Concern::at; the observation has 0 where it is not known.
inline std::optional<GuestVirt> instruction(std::uint64_t ip) {
    return ip == 0 ? std::nullopt : std::optional(GuestVirt{ip});
}

/// One rule at work on one run. Pure: it knows what it is told here and nothing else.
///
/// No right guest may break a rule. What a rule takes from events rests on the place that
/// abi/event.h gives each of them relative to what it reports.
class Check {
  public:
    explicit Check(const Context& context) : context_(context) {}
    Check(const Check&) = delete;
    Check& operator=(const Check&) = delete;
    virtual ~Check() = default;

    virtual void event(const Event&) {}
    virtual void gap() {}  ///< forget what later events were to complete; see Judge::gap
    virtual void sample(unsigned, const Counters&) {}  ///< see Judge::sample
    virtual void finish(const Observation&) {}

  protected:
    [[nodiscard]] const Timeline& timeline() const { return context_.timeline; }
    [[nodiscard]] const Tally& tally() const { return context_.tally; }
    [[nodiscard]] FindingSink& sink() const { return context_.sink; }

  private:
    Context context_;
};

}  // namespace nmistorm::oracle::rules
