// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/case.h"

#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "conform/walk.h"
#include "plan/names.h"

namespace nmistorm::conform {
namespace {

using model::Action;
using model::Between;
using model::By;
using model::Op;
using model::Scenario;

constexpr std::string_view state_names[] = {
#define NMISTORM_VCPU_STATE(enumerator, name, what) name,
#include "conform/state.def"
};
constexpr std::string_view state_texts[] = {
#define NMISTORM_VCPU_STATE(enumerator, name, what) what,
#include "conform/state.def"
};
constexpr std::string_view source_names[] = {"kvm-nmi", "events", "msi", "ipi"};
constexpr std::string_view source_texts[] = {"KVM_NMI", "KVM_SET_VCPU_EVENTS", "KVM_SIGNAL_MSI",
                                             "an IPI of the guest to itself"};

/// "x86_64/kernel/"
std::string lane(const Case& each) {
    return fmt::format("{}/{}/", plan::name(each.arch), name(each.irqchip));
}

constexpr model::Position body(std::size_t index) {
    return {model::Block::body, index};
}

/// A state as the host makes it, and the stop at which its NMIs come.
struct Shape {
    Scenario scenario;
    unsigned stop = 0;
};

Shape shape_of(State state) {
    Shape shape;
    Scenario& made = shape.scenario;
    made.body = {Op::nop, Op::nop, Op::nop, Op::end};
    made.nmi = {Op::record, Op::iret};
    made.actions.resize(1);
    switch (state) {
        case State::plain:
            break;
        case State::if_clear:
            made.start.iff = false;
            break;
        case State::in_handler:
            made.nmi = {Op::record, Op::stop, Op::iret};
            made.actions.resize(3);  // the handler runs again for what was latched
            made.actions[0].nmis = 1;
            shape.stop = 1;
            break;
        case State::at_iret:
            made.start.masked = true;
            made.start.frames = {{.at = body(1)}};
            made.body = {Op::iret, Op::nop, Op::nop, Op::end};
            break;
        case State::iret_to_itself:
            made.start.masked = true;
            made.start.frames = {{.at = body(0)}, {.at = body(1)}};
            made.body = {Op::iret, Op::nop, Op::nop, Op::end};
            break;
        case State::iret_faults:
            made.start.masked = true;
            made.start.frames = {{.at = body(1), .bad = true}};
            made.body = {Op::iret, Op::nop, Op::end};
            break;
        case State::sti_shadow:
            made.start.shadow_sti = true;
            break;
        case State::mov_ss_shadow:
            made.start.shadow_ss = true;
            break;
        case State::sti_shadow_pushf:
            made.start.shadow_sti = true;
            made.body = {Op::pushf, Op::pop_flags, Op::nop, Op::end};
            break;
        case State::mov_ss_shadow_pushf:
            made.start.shadow_ss = true;
            made.body = {Op::pushf, Op::pop_flags, Op::nop, Op::end};
            break;
        case State::hlt:
            made.body = {Op::hlt, Op::nop, Op::end};
            made.actions.resize(2);
            shape.stop = 1;
            break;
        case State::hlt_next:
            made.body = {Op::hlt, Op::nop, Op::end};
            break;
        case State::hlt_masked:
            made.start.masked = true;
            made.body = {Op::hlt, Op::nop, Op::end};
            break;
        case State::hlt_in_handler:
            made.nmi = {Op::record, Op::hlt, Op::iret};
            made.actions.resize(2);
            made.actions[0].nmis = 1;
            shape.stop = 1;
            break;
        case State::tf:
            made.start.tf = true;
            break;
        case State::waiting:
            made.start.waiting = true;
            made.actions.resize(2);
            made.actions[1].start = true;
            break;
        case State::fresh_idt:
            made.start.untouched = model::Untouched::idt;
            break;
        case State::fresh_stack:
            made.start.untouched = model::Untouched::stack;
            break;
    }
    return shape;
}

/// The guest sends them first of all. Where NMIs are masked it stops behind that.
void send_by_guest(Scenario& made, const Case& each) {
    std::vector<Op> first;
    if (each.state == State::mov_ss_shadow) {
        made.start.shadow_ss = false;
        first.push_back(Op::mov_ss);
    }
    first.insert(first.end(), each.nmis, Op::self_nmi);
    if (made.start.masked) {
        first.push_back(Op::stop);
        made.actions.resize(2);
        made.start.frames.front().at.index += first.size();
    }
    made.body.insert(made.body.begin(), first.begin(), first.end());
}

/// How many times the host acts.
std::size_t stops_of(const Case& each) {
    const bool by_guest = each.source == Source::ipi && each.state == State::at_iret;
    return by_guest ? 2 : shape_of(each.state).scenario.actions.size();
}

bool has_apic(const Case& each) {
    return each.irqchip != kvm::Irqchip::none;
}

bool makes_sense(const Case& each) {
    const bool fresh = each.state == State::fresh_idt || each.state == State::fresh_stack;
    if (each.source == Source::ipi) {
        const bool can = each.state == State::plain || each.state == State::at_iret ||
                         each.state == State::mov_ss_shadow || each.state == State::tf;
        const bool stops = each.state == State::at_iret;  // behind the IPI
        if (!can || (each.between != Between::none && !(stops && each.stop == 1))) {
            return false;
        }
    }
    if ((each.source == Source::msi || each.source == Source::ipi || each.state == State::waiting) &&
        !has_apic(each)) {
        return false;
    }
    if (each.nmis > 3 && each.source != Source::events) {
        return false;  // they merge one by one, as of three
    }
    return !fresh || (each.between == Between::none && each.nmis < 3);
}

constexpr plan::Arch all_archs[] = {plan::Arch::x86_64, plan::Arch::i386};
constexpr kvm::Irqchip all_irqchips[] = {kvm::Irqchip::kernel, kvm::Irqchip::split, kvm::Irqchip::none};
constexpr Between all_betweens[] = {Between::none, Between::look, Between::same, Between::fresh};

}  // namespace

std::string_view name(kvm::Irqchip irqchip) {
    constexpr std::string_view names[] = {"kernel", "split", "none"};
    return names[static_cast<std::size_t>(irqchip)];
}

std::string_view name(Between between) {
    constexpr std::string_view names[] = {"none", "look", "same", "fresh"};
    return names[static_cast<std::size_t>(between)];
}

std::string name(const Case& each) {
    if (each.walk) {
        return fmt::format("{}walk/{}", lane(each), *each.walk);
    }
    const std::string between =
        each.between == Between::none ? "none" : fmt::format("{}@{}", name(each.between), each.stop);
    return fmt::format("{}{}/{}/{}/{}", lane(each), state_names[static_cast<std::size_t>(each.state)],
                       source_names[static_cast<std::size_t>(each.source)], each.nmis, between);
}

std::optional<Case> parse_walk(std::string_view word) {
    for (const plan::Arch arch : all_archs) {
        for (const kvm::Irqchip irqchip : all_irqchips) {
            Case each{.arch = arch, .irqchip = irqchip, .walk = 0};
            const std::string before = lane(each) + "walk/";
            const auto digits = word.substr(std::min(before.size(), word.size()));
            std::uint32_t number = 0;
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
            each.walk = number;
            if (error == std::errc() && name(each) == word) {
                return each;
            }
        }
    }
    return std::nullopt;
}

std::string describe(const Case& each) {
    const std::string where =
        fmt::format("{}, interrupt controllers: {}", plan::name(each.arch), name(each.irqchip));
    if (each.walk) {
        return fmt::format("random walk {} ({})", *each.walk, where);
    }
    std::string text =
        fmt::format("{} NMI{} by {} to a vCPU that is: {} ({})", each.nmis, each.nmis == 1 ? "" : "s",
                    source_texts[static_cast<std::size_t>(each.source)],
                    state_texts[static_cast<std::size_t>(each.state)], where);
    switch (each.between) {
        case Between::none:
            break;
        case Between::look:
            text += fmt::format("; its events are read at stop {}", each.stop);
            break;
        case Between::same:
            text += fmt::format("; it is saved and restored at stop {}", each.stop);
            break;
        case Between::fresh:
            text += fmt::format("; it moves to a new VM at stop {}", each.stop);
            break;
    }
    return text;
}

Scenario scenario_of(const Case& each) {
    if (each.walk) {
        return random_walk(*each.walk, has_apic(each));
    }
    Shape shape = shape_of(each.state);
    Scenario& made = shape.scenario;
    if (each.source == Source::ipi) {
        send_by_guest(made, each);
    } else {
        Action& action = made.actions.at(shape.stop);
        action.nmis = each.nmis;
        action.by = each.source == Source::events ? By::events
                    : each.source == Source::msi  ? By::msi
                                                  : By::kvm_nmi;
    }
    made.actions.at(each.stop).between = each.between;
    return made;
}

std::vector<Case> product() {
    std::vector<Case> cases;
    const auto add = [&cases](Case each) {
        for (const Between between : all_betweens) {
            each.between = between;
            const std::size_t stops = between == Between::none ? 1 : stops_of(each);
            for (each.stop = 0; each.stop < stops; ++each.stop) {
                if (makes_sense(each)) {
                    cases.push_back(each);
                }
            }
        }
    };
    for (const plan::Arch arch : all_archs) {
        for (const kvm::Irqchip irqchip : all_irqchips) {
            for (const State state : all_states) {
                for (const Source source : all_sources) {
                    for (const unsigned nmis : {1U, 2U, 3U, 255U}) {
                        add({.arch = arch,
                             .irqchip = irqchip,
                             .state = state,
                             .source = source,
                             .nmis = nmis});
                    }
                }
            }
        }
    }
    return cases;
}

std::vector<Case> battery(const std::string& glob, std::uint32_t seed, unsigned walks) {
    std::vector<Case> cases = product();
    for (const plan::Arch arch : all_archs) {
        for (const kvm::Irqchip irqchip : all_irqchips) {
            for (unsigned i = 0; i < walks; ++i) {
                cases.push_back({.arch = arch, .irqchip = irqchip, .walk = seed + i});
            }
        }
    }
    if (const auto walk = parse_walk(glob)) {
        return {*walk};
    }
    std::erase_if(cases,
                  [&glob](const Case& each) { return fnmatch(glob.c_str(), name(each).c_str(), 0) != 0; });
    // One VM serves all cases of an architecture and an irqchip.
    std::ranges::stable_sort(cases, {}, [](const Case& each) { return std::pair(each.arch, each.irqchip); });
    return cases;
}

}  // namespace nmistorm::conform
