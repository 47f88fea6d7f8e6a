// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace nmistorm::trace {

/// A track event, with its interned texts resolved.
struct Event {
    std::uint64_t time = 0;
    int type = 0;  ///< 1 begin, 2 end, 3 instant, 4 counter
    std::uint64_t track = 0;
    std::string category;
    std::string name;
    std::map<std::string, std::string> arguments;
    std::int64_t value = 0;
};

struct Slice {
    std::string track;  ///< its name
    std::string name;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::size_t depth = 0;
    std::map<std::string, std::string> arguments;  ///< of its begin and its end
};

struct Decoded {
    std::vector<Event> events;
    std::map<std::uint64_t, std::string> tracks;  ///< names
    std::vector<std::string> labels;              ///< of the process
    std::size_t texts = 0;                        ///< that are interned

    [[nodiscard]] std::vector<Slice> slices(const std::string& track) const;
    /// Of this name.
    [[nodiscard]] std::vector<Slice> named(const std::string& name) const;
    /// Instants, by name.
    [[nodiscard]] std::vector<Event> instants(const std::string& name) const;
    [[nodiscard]] std::vector<Event> counts(const std::string& track) const;
    std::vector<Slice> all_slices;
};

/// Decodes a trace by the rules of Perfetto. Throws std::runtime_error where it breaks one: times go back, a
/// slice does not end or none ends, a track is not described before its first event, a text is not known, a
/// packet lacks its sequence.
Decoded decoded(const std::string& bytes);

}  // namespace nmistorm::trace
