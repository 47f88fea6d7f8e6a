// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "oracle/finding_sink.h"
#include "oracle/observation.h"
#include "oracle/tally.h"
#include "oracle/timeline.h"

namespace nmistorm::oracle::rules {

/// What every rule may read, and where it reports.
struct Context {
    const Timeline& timeline;  ///< up to the event being judged, without that event
    const Tally& tally;
    FindingSink& sink;
};

/// For Concern::at. The observation has 0 if the instruction is not known.
inline std::optional<GuestVirt> instruction(std::uint64_t ip) {
    return ip == 0 ? std::nullopt : std::optional(GuestVirt{ip});
}

/// One rule, applied to one run. It is pure: it depends only on what it is given here.
///
/// A correct guest must not break a rule. What a rule concludes from events must follow from the place that
/// abi/event.h gives each event relative to the action that it reports.
class Check {
  public:
    explicit Check(const Context& context) : context_(context) {}
    Check(const Check&) = delete;
    Check& operator=(const Check&) = delete;
    virtual ~Check() = default;

    virtual void event(const Event&) {}
    virtual void gap() {}                              ///< forget what is still incomplete; see Judge::gap
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
