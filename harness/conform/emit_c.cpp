// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/emit_c.h"

#include <cstring>
#include <set>

#include <fmt/format.h>

#include "conform/guest_code.h"
#include "conform/known.h"
#include "conform/model/model.h"
#include "conform/report.h"

extern "C" const char nmistorm_text_reproducer[];  // emit/reproducer.c

namespace nmistorm::conform {
namespace {

using model::Block;

constexpr std::size_t most_listed = 20;

/// Without the "3 x" of to_string().
std::string long_text(const model::Trace& trace) {
    std::string text;
    for (const model::Event& event : trace) {
        text += (text.empty() ? "" : ", ") + to_string(event);
    }
    return text;
}

/// Clauses without which the model would permit something else.
std::vector<model::Clause> clauses_of(const model::Scenario& scenario, const std::set<model::Trace>& right) {
    std::vector<model::Clause> clauses;
    for (const model::Clause clause : model::all_clauses) {
        if (permitted(scenario, model::Switches::without({clause})) != right) {
            clauses.push_back(clause);
        }
    }
    return clauses;
}

void add_listing(std::string& text, const model::Scenario& scenario) {
    text += " * The guest:\n";
    for (const Block block : {Block::body, Block::nmi}) {
        const auto& ops = model::ops(scenario, block);
        for (std::size_t i = 0; i < ops.size(); ++i) {
            text += fmt::format(" *   {}+{:<2} {}\n", name(block), i, name(ops[i]));
        }
    }
}

std::string header(const Case& of, const model::Scenario& scenario, const std::set<model::Trace>& right) {
    std::string text = fmt::format(
        "// SPDX-{}: GPL-2.0-or-later\n"
        "/*\n"
        " * {}.\n"
        " *\n"
        " * A guest of a few instructions, whose handlers note what they find on the stack. This program "
        "exits with 0 if\n"
        " * KVM does what it must, with 1 if it does not, with 77 if the case cannot be run. To build it: "
        "gcc x.c\n"
        " *\n",
        "License-Identifier", describe(of));
    add_listing(text, scenario);
    text += " *\n * Permitted is:\n";
    std::size_t listed = 0;
    for (const model::Trace& trace : right) {
        text += listed++ < most_listed ? fmt::format(" *   {}\n", to_string(trace)) : "";
    }
    text += " *\n * because:\n";
    for (const model::Clause clause : clauses_of(scenario, right)) {
        text += fmt::format(" *   {} ({})\n", model::right(clause), source(clause));
    }
    text += fmt::format(" *\n * Written by: nmistorm conform --emit-c {}\n */\n", name(of));
    return text;
}

std::string words_of(const char* array, const GuestCode& code) {
    std::string text = fmt::format("static const struct word {}[] = {{\n", array);
    for (std::size_t at = 0; at < code.memory().size(); at += 8) {
        std::uint64_t value = 0;
        std::memcpy(&value, code.memory().data() + at, sizeof(value));
        if (value != 0) {
            text += fmt::format("\t{{ {:#x}, {:#x} }},\n", at, value);
        }
    }
    return text + "};\n";
}

std::string positions_of(const GuestCode& code) {
    std::string text = "static const struct name positions[] = {\n";
    model::Position last{Block::body, SIZE_MAX};
    for (std::uint64_t at = layout::code; at < layout::data; ++at) {
        const auto position = code.position(at);
        if (position && *position != last) {
            last = *position;
            text += fmt::format("\t{{ {:#x}, \"{}+{}\" }},\n", at, name(last.block), last.index);
        }
    }
    return text + "};\n";
}

std::string pushfs_of(const model::Scenario& scenario) {
    std::string text = "static const struct name pushfs[] = {\n";
    for (std::size_t i = 0; i < scenario.body.size(); ++i) {
        if (scenario.body[i] == model::Op::pushf) {
            text += fmt::format("\t{{ {:#x}, \"body+{}\" }},\n", layout::flags + (i + 1) * 8, i);
        }
    }
    return text + "\t{ 0, NULL },\n};\n";
}

std::string actions_of(const model::Scenario& scenario) {
    std::string text =
        "static const struct action actions[] = {  /* one at each stop, the first before the start */\n";
    for (const model::Action& action : scenario.actions) {
        text += fmt::format("\t{{ .by = {}, .nmis = {}, .start = {}, .between = {} }},\n",
                            static_cast<unsigned>(action.by), action.nmis, action.start ? 1 : 0,
                            static_cast<unsigned>(action.between));
    }
    return text + "};\n";
}

std::string start_of(const Case& of, const model::Start& start, const GuestCode& code,
                     const GuestCode& warm) {
    const unsigned shadow = start.shadow_sti ? 2 : start.shadow_ss ? 1 : 0;  // KVM_X86_SHADOW_INT_*
    const std::uint64_t untouched = start.untouched == model::Untouched::idt     ? layout::idt
                                    : start.untouched == model::Untouched::stack ? layout::other_stack
                                                                                 : 0;
    return fmt::format(
        "static const int wide = {}, irqchip = {};\n"
        "static const unsigned long start_rip = {:#x}, start_rsp = {:#x}, start_rflags = {:#x};\n"
        "static const int start_masked = {}, start_shadow = {}, start_waiting = {}, start_untouched = "
        "{:#x};\n"
        "static const unsigned long warm_up_rsp = {:#x};\n",
        of.arch == plan::Arch::x86_64 ? 1 : 0, static_cast<unsigned>(of.irqchip), code.rip(), code.rsp(),
        code.rflags(), start.masked ? 1 : 0, shadow, start.waiting ? 1 : 0, untouched, warm.rsp());
}

}  // namespace

std::string c_program(const Case& of) {
    const model::Scenario scenario = scenario_of(of);
    const std::set<model::Trace> right = permitted(scenario);
    const GuestCode code(of.arch, scenario);
    const GuestCode warm(of.arch, warm_up_scenario(), true);
    std::string text = header(of, scenario, right);
    for (const char* header : {"errno", "fcntl", "linux/kvm", "signal", "stdio", "stdlib", "string",
                               "sys/ioctl", "sys/mman", "sys/time", "unistd"}) {
        text += fmt::format("#include <{}.h>\n", header);
    }
    text +=
        "\nstruct word { unsigned address; unsigned long value; };\n"
        "struct name { unsigned long address; const char *name; };\n"
        "struct action { int by; unsigned nmis; int start, between; };\n\n"
        "/* --- this case "
        "----------------------------------------------------------------------------------------------- "
        "*/\n\n";
    text += start_of(of, scenario.start, code, warm) + actions_of(scenario);
    text += "static const char *const permitted[] = {\n";
    for (const model::Trace& trace : right) {
        text += fmt::format("\t\"{}\",\n", long_text(trace));
    }
    text += "};\n" + positions_of(code) + pushfs_of(scenario);
    text += words_of("start_memory", code) + words_of("warm_up_memory", warm) + "\n";
    return text + nmistorm_text_reproducer;
}

}  // namespace nmistorm::conform
