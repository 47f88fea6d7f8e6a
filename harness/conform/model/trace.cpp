// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/model/trace.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace nmistorm::conform::model {
namespace {

std::string flags_text(const Event& event) {
    std::vector<std::string> flags;
    if (event.iff) {
        flags.emplace_back("IF");
    }
    if (event.tf) {
        flags.emplace_back("TF");
    }
    if (event.bs) {
        flags.emplace_back("DR6.BS");
    }
    return flags.empty() ? "" : fmt::format(" ({})", fmt::join(flags, " "));
}

std::string at(const Position& position) {
    return fmt::format("{}+{}", name(position.block), position.index);
}

}  // namespace

std::string to_string(const Event& event) {
    switch (event.kind) {
        case Event::Kind::nmi:
            return fmt::format("NMI at {}{}", at(event.at), flags_text(event));
        case Event::Kind::debug:
            return fmt::format("#DB at {}{}", at(event.at), flags_text(event));
        case Event::Kind::fault:
            return fmt::format("#GP at {}{}", at(event.at), flags_text(event));
        case Event::Kind::flags:
            return fmt::format("PUSHF at {}{}", at(event.at), flags_text(event));
        case Event::Kind::look:
            return fmt::format("{} pending{}{}", event.pending, event.masked ? " and masked" : "",
                               event.shadow ? " in a shadow" : "");
        case Event::Kind::asleep:
            return "asleep";
        case Event::Kind::end:
            return "end" + (event.pending != 0 ? fmt::format(" with {} pending", event.pending) : "") +
                   (event.masked ? " masked" : "");
        case Event::Kind::stuck:
            return "stuck";
        case Event::Kind::died:
            break;
    }
    return "stopped for good";
}

std::string to_string(const Trace& trace) {
    std::vector<std::string> words;
    for (auto event = trace.begin(); event != trace.end();) {
        const auto other = std::find_if(event, trace.end(), [event](const Event& e) { return e != *event; });
        const auto times = std::distance(event, other);
        words.push_back(times > 1 ? fmt::format("{} x {}", times, to_string(*event)) : to_string(*event));
        event = other;
    }
    return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace nmistorm::conform::model
