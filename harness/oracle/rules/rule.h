// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <utility>

#include "oracle/finding_sink.h"
#include "oracle/observation.h"
#include "oracle/record.h"
#include "oracle/tally.h"
#include "oracle/world.h"

namespace nmistorm::oracle::rules {

/// What a rule is given with a fact.
///
/// A rule is a value that judges one run. It has on() or finish(), and as far as it needs them:
///   Rule(unsigned vcpus);
///   void on(const fact::X&, const Context&);              for each fact that it judges
///   void gap();                                           forget what is still incomplete; see Judge::take
///   void on(const X&, FindingSink&);                      for each other record (record.h) that it judges
///   void finish(const Observation&, const Tally&, FindingSink&);                    the run is over
///   void words(Add add) const;                            as World::words(): all that later findings depend
///   on
/// It is pure: it depends only on what it is given here. It can be copied at any time.
///
/// A correct guest must not break a rule. What a rule concludes must follow from the place that fact.h gives
/// each fact relative to the action that it reports.
struct Context {
    const World& world;  ///< up to the fact that is judged, without it
    const At& at;
    FindingSink& sink;

    template <typename... Args>
    void report(Rule rule, Concern concern, fmt::format_string<Args...> format, Args&&... args) const {
        if (at.ip) {
            concern.at = at.ip;  // what was executed tells more
        }
        sink.report(rule, concern, format, std::forward<Args>(args)...);
    }
};

/// For Concern::at. The observation has 0 if the instruction is not known.
inline std::optional<GuestVirt> instruction(std::uint64_t ip) {
    return ip == 0 ? std::nullopt : std::optional(GuestVirt{ip});
}

}  // namespace nmistorm::oracle::rules
