// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/merge.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace nmistorm::guests {

Merge::Merge(unsigned vcpus, Output output, std::size_t held_max)
    : output_(std::move(output)),
      held_max_(held_max),
      rings_(vcpus * abi::rings_per_cpu),
      fronts_(rings_.size(), empty) {}

void Merge::push(unsigned ring, std::span<const abi::Event> events) {
    for (const abi::Event& raw : events) {
        take(ring, raw);
    }
    pass_on(false);
}

void Merge::finish() {
    pass_on(true);
}

void Merge::set_lost(unsigned ring, std::uint32_t lost) {
    const std::uint32_t before = std::exchange(rings_.at(ring).lost, lost);
    if (static_cast<std::int32_t>(lost - before) < 0) {
        return complain(ring,
                        fmt::format("its count of dropped events went from {} down to {}", before, lost));
    }
    dropped_ += lost - before;
}

std::uint64_t Merge::lost() const {
    return std::max(gaps_, dropped_);
}

void Merge::take(unsigned ring, const abi::Event& raw) {
    Ring& from = rings_.at(ring);
    const auto ahead = static_cast<std::int32_t>(raw.seq - static_cast<std::uint32_t>(next_));
    if (ahead > ahead_max) {
        return note(ring, raw, "its place is absurdly far ahead");
    }
    if (ahead < 0 && next_ < static_cast<std::uint64_t>(-std::int64_t{ahead})) {
        return note(ring, raw, "its place is before the first");
    }
    const std::uint64_t order = next_ + static_cast<std::uint64_t>(std::int64_t{ahead});
    if (order < from.end) {
        return note(ring, raw, "places must ascend within a ring");
    }
    from.end = order + 1;
    if (order < next_) {
        // Being late is allowed: the vCPU may not have run between taking the place and publishing.
        if (was_given_up(order) && late_ < gaps_) {
            ++late_;
        } else {
            note(ring, raw, "its place was taken before");
        }
        return;
    }
    Event event{order, ring / abi::rings_per_cpu, raw.kind, raw.flags, raw.a, raw.b};
    if (raw.kind == abi::EventKind::none || static_cast<std::uint16_t>(raw.kind) >= abi::event_kind_count) {
        note(ring, raw, "there is no such kind");
        event.kind = abi::EventKind::none;  // keeps its place but is not passed on
    }
    if (from.held.empty()) {
        fronts_[ring] = order;
    }
    from.held.push_back(event);
    ++held_;
}

void Merge::pass_on(bool all) {
    while (held_ > 0) {
        const auto lowest = std::ranges::min_element(fronts_);
        const auto ring = static_cast<std::size_t>(lowest - fronts_.begin());
        if (*lowest < next_) {
            const Event& twice = rings_[ring].held.front();
            const auto seq = static_cast<std::uint32_t>(twice.order);
            note(static_cast<unsigned>(ring), {seq, twice.kind, twice.flags, twice.a, twice.b},
                 "its place was taken before");
            pop(ring);
            continue;
        }
        if (*lowest > next_) {
            if (!all && held_ <= held_max_) {
                return;
            }
            if (all && *lowest - next_ <= rings_.size() && dropped_ <= gaps_ - late_) {
                next_ = *lowest;  // no ring dropped it: its vCPU stopped before publishing it
                continue;
            }
            give_up_to(*lowest);
        }
        pass_run(ring);
    }
}

/// A vCPU mostly writes several events in a row, so one search for the lowest front serves all of them.
void Merge::pass_run(std::size_t ring) {
    while (fronts_[ring] == next_) {
        const Event event = rings_[ring].held.front();
        pop(ring);
        ++next_;
        if (event.kind != abi::EventKind::none) {
            output_.event(event);
        }
    }
}

void Merge::pop(std::size_t ring) {
    std::deque<Event>& held = rings_[ring].held;
    held.pop_front();
    --held_;
    fronts_[ring] = held.empty() ? empty : held.front().order;
}

void Merge::give_up_to(std::uint64_t order) {
    if (given_up_.size() == given_up_max) {
        given_up_.pop_front();
    }
    given_up_.push_back({next_, order});
    const std::uint64_t count = order - std::exchange(next_, order);
    gaps_ += count;
    output_.gap(count);
}

bool Merge::was_given_up(std::uint64_t order) const {
    // The oldest places that were given up are forgotten, so assume that this is one of them.
    if (given_up_.size() == given_up_max && order < given_up_.front().begin) {
        return true;
    }
    return std::ranges::any_of(
        given_up_, [order](const Range& range) { return range.begin <= order && order < range.end; });
}

void Merge::note(unsigned ring, const abi::Event& raw, const char* why) {
    complain(ring, fmt::format("event {} of kind {} ({:#x}, {:#x}): {}", raw.seq,
                               static_cast<unsigned>(raw.kind), raw.a, raw.b, why));
}

void Merge::complain(unsigned ring, std::string_view what) {
    if (++malformed_ <= malformed_max) {
        output_.malformed(fmt::format("vCPU {}, {} ring: {}", ring / abi::rings_per_cpu,
                                      ring % abi::rings_per_cpu == 0 ? "task" : "NMI", what));
    }
}

}  // namespace nmistorm::guests
