// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "guests/abi/event.h"
#include "oracle/fact.h"

namespace nmistorm::guests {

/// The facts that the events of our guest tell. Each event is one fact, at the place that abi/event.h names.
class EventFacts {
  public:
    struct Output {
        std::function<void(const oracle::At&, const oracle::Fact&)> fact;
        std::function<void(std::string sentence)> malformed;  ///< what no correct guest can write
    };

    EventFacts(unsigned vcpus, Output output) : output_(std::move(output)), online_(vcpus) {}

    /// Orders must ascend and the vCPU must exist.
    void event(const Event& event);
    /// Events between the last one and the next were lost.
    void gap();

  private:
    void check(const Event& event);
    void check_updater(const Event& event) const;
    void check_nmi_flags(const Event& event, unsigned flags) const;

    Output output_;
    std::vector<std::optional<bool>> online_;  ///< by vCPU: what its last event about it said
};

/// The fact that @p event tells; none if it has no known kind or names no known tripwire.
std::optional<oracle::Fact> fact_of(const Event& event);

}  // namespace nmistorm::guests
