// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "trace/packets.h"

namespace nmistorm::trace {

/// A counter on a track of its own, which appears with its first value. It may change more often than anybody
/// can see.
class Counter {
  public:
    /// @p packets must outlive this object. Later values are shown at least @p pause nanoseconds of the trace
    /// after the one before.
    Counter(Packets& packets, Track track, Track parent, std::string name, std::string unit,
            std::uint64_t pause)
        : packets_(&packets),
          track_(track),
          parent_(parent),
          name_(std::move(name)),
          unit_(std::move(unit)),
          pause_(pause) {}

    [[nodiscard]] std::uint64_t value() const { return value_; }
    void set(std::uint64_t value) {
        value_ = value;
        if (!shown_ || packets_->now() - shown_at_ >= pause_) {
            show();
        }
    }
    /// Shows the value that was set, if it is not shown.
    void finish() {
        if (value_ != shown_.value_or(0)) {
            show();
        }
    }

  private:
    void show() {
        if (!shown_) {
            packets_->counter(track_, parent_, name_, unit_);
        } else if (*shown_ == value_) {
            return;
        }
        packets_->count(track_, value_);
        shown_ = value_;
        shown_at_ = packets_->now();
    }

    Packets* packets_;
    Track track_;
    Track parent_;
    std::string name_;
    std::string unit_;
    std::uint64_t pause_;
    std::uint64_t value_ = 0;
    std::optional<std::uint64_t> shown_;
    std::uint64_t shown_at_ = 0;
};

}  // namespace nmistorm::trace
