// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "report/run_report.h"

namespace nmistorm::report {

/// A passed run on @p vcpus vCPUs: vCPU n handled 1000 * (n + 1) NMIs, one in ten of them by default, and KVM
/// coalesced one more for each. 20 grace periods of 10 us.
inline RunReport passed(unsigned vcpus = 2) {
    RunReport report;
    report.command = "storm";
    report.provenance.reproduce = "nmistorm storm --seed 7";
    report.provenance.kvm_backend = "kvm_amd";
    report.provenance.kernel = "6.1.0";
    report.image = "embedded";
    report.image_fault = "none";
    report.image_build = "gcc-O2";
    report.duration_s = 2.0;
    report.tsc_khz = 2'000'000;
    report.observation.plan.vcpus = vcpus;
    report.observation.plan.seed = 7;
    for (unsigned n = 0; n < vcpus; ++n) {
        oracle::VcpuObservation vcpu;
        vcpu.target = true;
        vcpu.counters.nmi_entries = 1000 * (n + 1);
        vcpu.counters.nmi_defaulted = 100 * (n + 1);
        vcpu.counters.nmi_dummy = 90 * (n + 1);
        vcpu.counters.nmi_declined = 10 * (n + 1);
        vcpu.delivery.requested = 1002 * (n + 1);
        vcpu.delivery.accepted = 1001 * (n + 1);
        vcpu.delivery.entries = vcpu.counters.nmi_entries;
        report.observation.vcpus.push_back(vcpu);
    }
    report.tally.facts = 12345;
    report.tally.swaps = 20;
    report.tally.grace_periods = 21;
    report.tally.freed = 19;
    report.tally.overlaps = 5;
    report.tally.idle_nmis = 1;
    for (int i = 0; i < 20; ++i) {
        report.tally.grace_period_ticks.record(20'000);
    }
    return report;
}

/// A passed run of @p intervals of 0.1 s each.
inline RunReport passed_over_time(std::size_t intervals) {
    RunReport report = passed();
    report.duration_s = 0.1 * static_cast<double>(intervals);
    for (std::size_t i = 1; i <= intervals; ++i) {
        report.series.push_back({.end_s = 0.1 * static_cast<double>(i),
                                 .handled = 123 + i % 7,
                                 .swaps = 40 + i % 5,
                                 .overlaps = i % 4,
                                 .grace_periods = 41 + i % 5,
                                 .timed = i % 10,
                                 .p50 = 20'000 + i,
                                 .p99 = 90'000 + i,
                                 .max = 110'000 + i});
    }
    for (std::uint64_t ns = 1'000; ns < 30'000'000; ns += 1'000) {
        report.slices.record(ns);
    }
    return report;
}

inline oracle::Finding use_after_free() {
    return {.rule = oracle::Rule::reclaim,
            .vcpu = 1,
            .at = GuestVirt{0x10040},
            .generation = 42,
            .detail = "the handler used generation 42 after its free",
            .around = {{{.order = 100, .vcpu = 0}, oracle::fact::Freed{0x20000, 42}},
                       {{.order = 101, .vcpu = 1}, oracle::fact::NmiLeft{0x10040, 42, true, false}}},
            .where = "counting_callback+0x0 handlers/counting.cpp:12"};
}

/// Where vCPU 1 was when the above was found.
inline oracle::VcpuEnd in_handler() {
    return {.vcpu = 1,
            .halted = false,
            .in_nmi = true,
            .ip = GuestVirt{0x10040},
            .where = "counting_callback+0x0 handlers/counting.cpp:12",
            .registers = {{"rax", 7}, {"rip", 0x10040}},
            .rcu = {{"rcu.dynticks", 3}, {"offline", 0}},
            .code = {"0x10040  mov (%rax), %ecx"},
            .stack = {"do_nmi+0x1c nmi/nmi.cpp:88"}};
}

inline oracle::Finding worthless() {
    oracle::Finding finding{};
    finding.rule = oracle::Rule::coverage;
    finding.detail = "no NMI overlapped a swap";
    return finding;
}

}  // namespace nmistorm::report
