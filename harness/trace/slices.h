// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "trace/packets.h"

namespace nmistorm::trace {

/// The slices of one track that have begun and not ended. It writes them so that they nest, whatever the
/// guest did.
class Slices {
  public:
    enum class Kind { nmi, handler, callback, reader, offline, grace_period, data, published, retired };
    struct Open {
        Kind kind;
        std::uint64_t key;  ///< tells slices of one kind apart
    };
    static constexpr std::size_t depth_max = 64;  ///< a deeper slice is shown as an instant

    /// @p packets must outlive this object.
    Slices(Packets& packets, Track track) : packets_(&packets), track_(track) {}

    void begin(Open open, std::string_view category, Name name, const Arguments& arguments = {});
    /// Ends the innermost slice of @p kind, and of @p key if that is given. False if there is none. Slices
    /// inside it end, too: "cut_short", unless they are parts of it that need not tell their end.
    bool end(Kind kind, const Arguments& arguments = {}, std::optional<std::uint64_t> key = {});
    /// Ends all of them, each with @p why.
    void end_all(std::string_view why);

    /// Null if there is none.
    [[nodiscard]] const Open* innermost() const { return open_.empty() ? nullptr : &open_.back(); }
    [[nodiscard]] Track track() const { return track_; }

  private:
    void end_innermost(const Arguments& arguments);

    Packets* packets_;
    Track track_;
    std::vector<Open> open_;
};

}  // namespace nmistorm::trace
