// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.h"
#include "trace/interned.h"

namespace nmistorm::trace {

/// What an event says besides its name: "generation: 12".
struct Argument {
    std::string_view name;
    std::variant<bool, std::uint64_t, GuestVirt, std::string> value;
};
using Arguments = std::vector<Argument>;

/// Of an event. A trace has each once, but those that hardly repeat are not remembered.
struct Name {
    // NOLINTBEGIN(google-explicit-constructor): a name is a text
    Name(std::string_view name) : text(name) {}
    Name(const char* name) : text(name) {}
    Name(const std::string& name) : text(name) {}
    // NOLINTEND(google-explicit-constructor)
    Name(std::string_view name, bool repeats_often) : text(name), repeats(repeats_often) {}

    std::string_view text;
    bool repeats = true;
};

using Track = std::uint64_t;  ///< its number in the trace, from 1 on

/// Writes a Perfetto trace, packet by packet: what was written so far is a valid trace at any time. It knows
/// no guest.
///
/// Events happen now(), which never goes back. The caller sees to it that slices of a track nest (slices.h).
class Packets {
  public:
    /// Gets the bytes of the trace.
    using Sink = std::function<void(std::string_view)>;

    explicit Packets(Sink sink) : sink_(std::move(sink)) {}

    // Each is told of a track before its first event.
    /// There is one process. @p labels are shown beside its name.
    void process(Track track, std::string_view name, const std::vector<std::string>& command,
                 const std::vector<std::string>& labels);
    /// Of the process. @p thread: from 1 on.
    void thread(Track track, unsigned thread, std::string_view name);
    void track(Track track, Track parent, std::string_view name, std::string_view description);
    /// Of numbers, in @p unit.
    void counter(Track track, Track parent, std::string_view name, std::string_view unit);

    /// Later events happen @p ns nanoseconds after the begin of the trace, or now() if that is later.
    void advance(std::uint64_t ns) { now_ = std::max(now_, ns); }
    [[nodiscard]] std::uint64_t now() const { return now_; }

    void begin(Track track, std::string_view category, Name name, const Arguments& arguments = {});
    /// Of the last slice of @p track that has begun and not ended.
    void end(Track track, const Arguments& arguments = {});
    void instant(Track track, std::string_view category, Name name, const Arguments& arguments = {});
    void count(Track track, std::uint64_t value);

  private:
    struct Event;
    void write(const Event& event);
    void write_descriptor(std::string_view descriptor);
    /// Writes packet_, which lacks what every packet has.
    void write_packet();
    [[nodiscard]] unsigned flags_of_first() const;

    Sink sink_;
    std::uint64_t now_ = 0;
    bool first_ = true;  ///< no packet was written
    Interned categories_;
    Interned names_;
    Interned argument_names_;
    Interned strings_;
    // Reused for the sake of speed.
    std::string event_;
    std::string interned_;
    std::string packet_;
    std::string framed_;
};

}  // namespace nmistorm::trace
