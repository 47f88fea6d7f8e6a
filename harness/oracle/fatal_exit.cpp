// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/fatal_exit.h"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

namespace nmistorm::oracle {
namespace {

constexpr std::uint32_t page_fault = 14;

/// SDM 3A, table 6-1. The guest itself raised any vector that is not in it.
std::string_view vector_name(std::uint32_t vector) {
    constexpr std::string_view names[] = {
        "divide error",
        "debug",
        "NMI",
        "breakpoint",
        "overflow",
        "bound range",
        "invalid opcode",
        "no FPU",
        "double fault",
        "FPU segment overrun",
        "invalid TSS",
        "segment not present",
        "stack fault",
        "general protection",
        "page fault",
    };
    return vector < std::size(names) ? names[vector] : vector < 256 ? "exception" : "the guest's own panic";
}

}  // namespace

std::string text_of(const FatalExit& fatal_exit) {
    if (!fatal_exit.panic) {
        return fmt::format("vCPU {} stopped for good with {} at {:#x}", fatal_exit.vcpu, fatal_exit.exit,
                           fatal_exit.ip);
    }
    const abi::Panic& panic = *fatal_exit.panic;
    const std::string address = panic.vector == page_fault ? fmt::format(", accessing {:#x}", panic.cr2) : "";
    return fmt::format("vCPU {} took exception {} ({}) at {:#x}{}{}, error code {:#x}", fatal_exit.vcpu,
                       panic.vector, vector_name(panic.vector), panic.ip, address,
                       panic.in_nmi != 0 ? ", in an NMI handler" : "", panic.error_code);
}

}  // namespace nmistorm::oracle
