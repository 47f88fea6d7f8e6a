// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>

#include "guests/guest.h"
#include "oracle/judge.h"

namespace nmistorm::engines {

/// Passes what a guest tells to the oracle, while the run goes on. One thread only.
class Observer {
  public:
    using Record = std::function<void(const oracle::Record&, const oracle::Judge&)>;

    /// @p record is told all that the judge was told, after it; it may be empty. @p guest must outlive this
    /// object.
    Observer(unsigned vcpus, guests::Guest& guest, Record record);
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;

    [[nodiscard]] oracle::Judge& judge() { return judge_; }
    [[nodiscard]] const oracle::Judge& judge() const { return judge_; }
    [[nodiscard]] bool in_grace_period() const { return judge_.state().world.in_grace_period(); }

  private:
    void note(const oracle::Record& record);

    Record record_;
    oracle::Judge judge_;
};

}  // namespace nmistorm::engines
