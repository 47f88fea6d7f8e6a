// SPDX-License-Identifier: GPL-2.0-or-later
#include <nmistorm/abi/version.h>

#include "plan/field_rows.h"

namespace nmistorm::plan {
namespace {

std::optional<std::chrono::nanoseconds> parse_slice(const std::string& word) {
    const auto slice = parse_duration(word);
    return slice >= slice_min ? slice : std::nullopt;
}

std::optional<std::chrono::nanoseconds> parse_churn(const std::string& word) {
    const auto every = parse_duration(word);
    return every >= churn_min ? every : std::nullopt;
}

std::optional<bool> parse_covered(const std::string& word) {
    return word == "covered" ? std::optional(true) : std::nullopt;
}

}  // namespace

template <>
const std::vector<Field<RunPlan>>& fields() {
    constexpr auto microseconds = [](const auto& time) -> Value {
        return time ? Value(std::chrono::duration<double, std::micro>(*time).count()) : nullptr;
    };
    constexpr auto covered = [](bool until) {
        return until ? std::optional<std::string>("covered") : std::nullopt;
    };
    static const std::vector<Field<RunPlan>> all = {
        arch_field<RunPlan>(),
        guest_field<RunPlan>(),
        number_field<&RunPlan::vcpus, 1, abi::max_cpus>("vcpus",
                                                        fmt::format("vCPUs, 1 to {} [2]", abi::max_cpus)),
        ranked(1, time_field<&RunPlan::duration>("duration",
                                                 "stop after 500ms, 10s, 5m, 2h, ... [10s; no limit "
                                                 "with --nmis or --until]")),
        ranked(1, field<&RunPlan::nmis, parse_from_to<1, any_number>>(
                      {"nmis", "N", "stop after N NMIs were requested [no limit]", "a number from 1 up"})),
        ranked(1, field<&RunPlan::until_covered, parse_covered, covered>(
                      {"until", "covered",
                       "stop when NMIs have arrived at every instruction of the swap and, but in lockstep, "
                       "of the dispatcher [no]",
                       "covered", "until_covered"})),
        source_field<RunPlan>("kvm-nmi"),
        ranked(2,
               field<&RunPlan::apic, parse_apic>({"apic", "x2apic|xapic",
                                                  "mode of the local APICs that send the source ipi's NMIs "
                                                  "[x2apic]",
                                                  "x2apic or xapic"})),
        field<&RunPlan::pace, parse_pace>(
            {"pace", "PACE", "lockstep, rate=N (a second and target), burst=N or max [lockstep]",
             fmt::format("lockstep, rate=N, burst=N or max, with N from 1 to {}", pace_n_max)}),
        injector_field<RunPlan>(),
        field<&RunPlan::slice, parse_slice, AsWord{}, microseconds>(
            {"slice", "TIME",
             "let a vCPU run for TIME, such as 300us, between two NMIs, on average [what gives most "
             "overlaps]",
             "a time such as 300us, 2ms or 1s, 10us to 1000h", "slice_us"}),
        field<&RunPlan::targets, parse_targets>(
            {"targets", "LIST", "vCPUs that get NMIs: all, others (all but the updater's) or 0,2,5 [all]",
             "all, others or vCPU numbers such as 0,2,5"}),
        cycle_field<RunPlan>(),
        field<&RunPlan::handlers, parse_handlers, handlers_text, handlers_text>(
            {"handlers", "LIST", "handlers to swap: all, or some of counting,long,declining,sampling [all]",
             "all or some of counting,long,declining,sampling"}),
        field<&RunPlan::work, parse_work, work_text, work_text>(
            {"work", "LIST",
             "what vCPUs but the updater's do between NMIs: all, or some of "
             "busy,preempt-disabled,registers,idle "
             "[all]",
             "all or some of busy,preempt-disabled,registers,idle"}),
        fault_field<RunPlan>(),
        guest_build_field<RunPlan>(),
        ranked(3, seed_field<RunPlan>()),
        ranked(2,
               field<&RunPlan::observe, parse_observe>(
                   {"observe", "counters|events", "what the guest records [events]", "counters or events"})),
        ranked(2, switch_field<&RunPlan::hotplug>(
                      "hotplug", "start the last vCPU late, and take it offline now and then")),
        ranked(
            2,
            field<&RunPlan::churn, parse_churn>(
                {"churn", "TIME",
                 "stop all vCPUs about every TIME, such as 100ms, and go on in a fresh VM with their state "
                 "[never]",
                 "a time such as 100ms or 2s, 10ms to 1000h", "churn_s"})),
        ranked(2, switch_field<&RunPlan::interrupts_off>("interrupts-off",
                                                         "run the guest with interrupts off (RFLAGS.IF)")),
        ranked(2, pin_field<RunPlan>()),
        ranked(2, switch_field<&RunPlan::profile>(
                      "profile", fmt::format("show where NMIs hit the guest, by symbol; --handlers "
                                             "is then {}, if not given",
                                             handlers_text(usual_handlers(true))))),
    };
    return all;
}

RunPlan usual(const RunPlan& plan) {
    RunPlan usual;
    usual.handlers = usual_handlers(plan.profile);
    if (plan.nmis || plan.until_covered) {
        usual.duration.reset();
    }
    return usual;
}

}  // namespace nmistorm::plan
