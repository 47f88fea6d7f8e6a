// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/rules/progress.h"

#include <string_view>

namespace nmistorm::oracle::rules {

namespace {

constexpr std::uint32_t page_fault = 14;

/// SDM 3A, table 6-1; what is not in it, the guest raised itself.
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

std::string_view text(Stall::What what) {
    switch (what) {
        case Stall::What::boot:
            return "did not come online";
        case Stall::What::handler:
            return "did not return from an NMI handler";
        case Stall::What::grace_period:
            return "did not return from synchronize_sched()";
        case Stall::What::swap:
            return "made no progress with its swap";
        case Stall::What::delivery:
            return "did not handle an NMI";
        case Stall::What::finish:
            return "did not end although it was asked to";
    }
    return "stood still";
}

}  // namespace

void Progress::finish(const Observation& observation) {
    for (const Death& death : observation.deaths) {
        died(death);
    }
    for (const Stall& stall : observation.stalls) {
        if (stall.what != Stall::What::delivery) {  // that one is KVM's
            stalled(stall);
        }
    }
}

void Progress::stalled(const Stall& stall) {
    sink().report(Rule::progress, {stall.vcpu, instruction(stall.ip), {}}, "vCPU {} {} in {:.1f} s",
                  stall.vcpu, text(stall.what), stall.seconds);
}

void Progress::died(const Death& death) {
    if (!death.panic) {
        sink().report(Rule::progress, {death.vcpu, instruction(death.ip), {}},
                      "vCPU {} stopped for good with {} at {:#x}", death.vcpu, death.exit, death.ip);
        return;
    }
    const abi::Panic& panic = *death.panic;
    const std::string address = panic.vector == page_fault ? fmt::format(", accessing {:#x}", panic.cr2) : "";
    sink().report(Rule::progress, {death.vcpu, instruction(death.ip), {}},
                  "vCPU {} took exception {} ({}) at {:#x}{}{}, error code {:#x}", death.vcpu, panic.vector,
                  vector_name(panic.vector), panic.ip, address,
                  panic.in_nmi != 0 ? ", in an NMI handler" : "", panic.error_code);
}

}  // namespace nmistorm::oracle::rules
