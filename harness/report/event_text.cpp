// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/event_text.h"

#include <cstddef>
#include <cstdint>
#include <iterator>

#include <fmt/format.h>

namespace nmistorm::report {
namespace {

using abi::EventKind;

constexpr std::string_view kind_names[] = {"none",         "nmi_enter",    "nmi_call", "nmi_leave", "publish",
                                           "retire",       "gp_begin",     "gp_end",   "alloc",     "free",
                                           "reader_enter", "reader_leave", "trip",     "done",      "unload",
                                           "cpu_online",   "cpu_offline"};
static_assert(std::size(kind_names) == abi::event_kind_count);

constexpr std::string_view trip_names[] = {"?",          "data_magic", "data_generation",
                                           "data_owner", "data_tail",  "data_tag",
                                           "registers",  "frame",      "code"};
static_assert(std::size(trip_names) == abi::trip_count);

std::string flag_words(std::uint16_t flags) {
    std::string words;
    words += (flags & abi::nmi_from_idle) != 0 ? " from-idle" : "";
    words += (flags & abi::nmi_from_offline) != 0 ? " from-offline" : "";
    words += (flags & abi::nmi_answered) != 0 ? " answered" : "";
    words += (flags & abi::nmi_defaulted) != 0 ? " defaulted" : "";
    return words;
}

/// The fields as the comments in abi/event.h define them.
std::string fields(const oracle::Event& e) {
    switch (e.kind) {
        case EventKind::nmi_enter:
            return fmt::format("ip {:#x}{}", e.a, flag_words(e.flags));
        case EventKind::nmi_call:
            return fmt::format("callback {:#x}", e.a);
        case EventKind::nmi_leave:
            return fmt::format("callback {:#x}, generation {}{}", e.a, e.b, flag_words(e.flags));
        case EventKind::publish:
        case EventKind::retire:
        case EventKind::unload:
            return fmt::format("callback {:#x}, generation {}", e.a, e.b);
        case EventKind::gp_begin:
            return fmt::format("grace period {}", e.a);
        case EventKind::gp_end:
            return fmt::format("grace period {}, {} ticks", e.a, std::uint64_t{e.b} * 64);
        case EventKind::alloc:
        case EventKind::free:
            return fmt::format("block {:#x}, generation {}", e.a, e.b);
        case EventKind::reader_enter:
        case EventKind::reader_leave:
            return fmt::format("generation {}", e.a);
        case EventKind::trip:
            return fmt::format("{}, value {:#x}, generation {}", name(static_cast<abi::Trip>(e.flags)), e.a,
                               e.b);
        case EventKind::none:
        case EventKind::done:
        case EventKind::cpu_online:
        case EventKind::cpu_offline:
            break;
    }
    return {};
}

}  // namespace

std::string_view name(EventKind kind) {
    const auto index = static_cast<std::size_t>(kind);
    return index < std::size(kind_names) ? kind_names[index] : "?";
}

std::string_view name(abi::Trip trip) {
    const auto index = static_cast<std::size_t>(trip);
    return index < std::size(trip_names) ? trip_names[index] : "?";
}

std::string event_line(const oracle::Event& event) {
    std::string line = fmt::format("{:>10}  vCPU {:<2}  {:<12}  {}", event.order, event.vcpu,
                                   name(event.kind), fields(event));
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace nmistorm::report
