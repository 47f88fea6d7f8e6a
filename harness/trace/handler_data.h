// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "oracle/fact.h"
#include "trace/names.h"
#include "trace/packets.h"
#include "trace/slices.h"

namespace nmistorm::trace {

/// The lives of blocks of handler data: a slice from kmalloc() to kfree(), in it one for the time that its
/// callback is published and one from its retirement on. Lives overlap without nesting, so each has a track
/// of its own, a lane, which the next one gets after its end.
class HandlerData {
  public:
    static constexpr std::size_t lanes_max = 32;  ///< further lives are instants

    /// @p make_lane makes the track of the next lane. @p track: of what has no lane. The others must outlive
    /// this object.
    HandlerData(Packets& packets, Track track, Names& names, std::function<Track(std::size_t)> make_lane)
        : packets_(&packets), track_(track), names_(&names), make_lane_(std::move(make_lane)) {}

    void take(const oracle::fact::Allocated& allocated);
    void take(const oracle::fact::Published& published);
    void take(const oracle::fact::Retired& retired);
    void take(const oracle::fact::Freed& freed);
    void take(const oracle::fact::CodeDestroyed& destroyed);
    void take(const auto&) {}

    void end_all(std::string_view why);

  private:
    struct Life {
        std::size_t lane = 0;
        std::optional<std::uint32_t> block = {};
        std::optional<std::uint32_t> generation = {};
        std::optional<std::uint32_t> callback = {};
        bool retired = false;
    };

    Life* newest(auto matches);
    /// Null if there are no more lanes.
    Life* begin(const Life& life, const Arguments& arguments);
    void instant(std::string_view name, std::optional<std::uint32_t> callback,
                 std::optional<std::uint32_t> block, std::optional<std::uint32_t> generation);

    Packets* packets_;
    Track track_;
    Names* names_;
    std::function<Track(std::size_t)> make_lane_;
    std::vector<Slices> lanes_;
    std::vector<Life> lives_;  ///< in the order of their begin
};

}  // namespace nmistorm::trace
