// SPDX-License-Identifier: GPL-2.0-or-later
// The states and what they must lead to are those of process_nmi() in arch/x86/kvm/x86.c and of api.rst,
// KVM_SET_VCPU_EVENTS.
#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <tuple>

#include <fmt/format.h>

#include "base/error.h"
#include "doctor/examine.h"
#include "doctor/probe.h"

namespace nmistorm::doctor {
namespace {

using Handled = std::optional<std::uint32_t>;

/// What is examined, on a guest that has handled an NMI and has none left.
using Examine = std::function<std::pair<Result, std::string>(Probe& probe)>;

std::string text(Handled handled, const char* of) {
    return handled ? fmt::format("{} {} handled", *handled, of) : "the guest did not come to rest";
}

void set_masked(kvm::Vcpu& vcpu, bool masked) {
    kvm_vcpu_events events = vcpu.events();
    events.flags = 0;  // what is pending stays
    events.nmi.masked = masked ? 1 : 0;
    vcpu.set_events(events);
}

void set_pending(kvm::Vcpu& vcpu, std::uint8_t pending) {
    kvm_vcpu_events events = vcpu.events();
    events.flags |= KVM_VCPUEVENT_VALID_NMI_PENDING;
    events.nmi.pending = pending;
    vcpu.set_events(events);
}

/// Three NMIs queued at once: two wait, the third is merged.
std::pair<Result, std::string> burst(Probe& probe) {
    const oracle::NmiCounts before = probe.nmis();
    for (int i = 0; i < 3; ++i) {
        probe.vcpu().nmi();
    }
    const Handled handled = probe.handled_since(before);
    return {handled == 2U ? Result::pass : Result::fail, text(handled, "of 3 NMIs at once were")};
}

/// The same while NMIs are masked: one waits.
std::pair<Result, std::string> masked(Probe& probe) {
    const oracle::NmiCounts before = probe.nmis();
    set_masked(probe.vcpu(), true);
    for (int i = 0; i < 3; ++i) {
        probe.vcpu().nmi();
    }
    set_masked(probe.vcpu(), false);  // KVM processes what is queued before it answers KVM_GET_VCPU_EVENTS
    const Handled handled = probe.handled_since(before);
    return {handled == 1U ? Result::pass : Result::fail,
            text(handled, "of 3 NMIs that came while masked were")};
}

/// More pending than KVM itself ever has: at most two may come.
std::pair<Result, std::string> many_pending(Probe& probe) {
    const oracle::NmiCounts before = probe.nmis();
    set_pending(probe.vcpu(), 255);
    for (int i = 0; i < 20; ++i) {  // before KVM_GET_VCPU_EVENTS, which would merge them
        probe.run(std::chrono::milliseconds(1));
    }
    const Handled handled = probe.handled_since(before);
    const bool right = handled == 1U || handled == 2U;
    return {right ? Result::pass : Result::fail,
            handled > 2U ? "more than 2 of 255 NMIs that were set as pending were handled"
                         : text(handled, "of 255 NMIs that were set as pending were")};
}

/// A PUSHF in an interrupt shadow, with an NMI pending. Where KVM waits for the end of the shadow by single
/// steps, the guest must not see the trap flag that it never set.
std::pair<Result, std::string> shadow(Probe& probe) {
    constexpr std::array<std::uint8_t, 5> code = {0x9c, 0x58, 0xf4, 0xeb,
                                                  0xfd};  // pushf; pop %rax; 1: hlt; jmp 1b
    constexpr std::uint64_t after_hlt = 3;
    constexpr std::uint64_t below_stack = 2048;
    const kvm_regs before = probe.vcpu().regs();
    const std::uint64_t at = before.rsp - below_stack;
    std::memcpy(probe.vm().memory().span({at}, code.size()).data(), code.data(), code.size());
    kvm_regs regs = before;
    regs.rip = at;
    regs.rax = 0;
    probe.vcpu().set_regs(regs);
    kvm_vcpu_events events = probe.vcpu().events();
    if ((events.flags & KVM_VCPUEVENT_VALID_SHADOW) == 0) {
        return {Result::unsupported, "this KVM tells of no interrupt shadow"};
    }
    events.flags = KVM_VCPUEVENT_VALID_SHADOW;
    events.interrupt.shadow = KVM_X86_SHADOW_INT_MOV_SS;  // VMX refuses that of STI with interrupts off
    probe.vcpu().set_events(events);
    const std::uint32_t exits = probe.nmis().exits;
    probe.vcpu().nmi();
    const bool ended = probe.run_until(
        [&] { return probe.nmis().exits != exits && probe.vcpu().regs().rip == at + after_hlt; });
    if (!ended) {
        return {Result::fail, probe.why_not("an NMI in an interrupt shadow was not handled")};
    }
    const bool trap = (probe.vcpu().regs().rax & kvm::rflags_tf) != 0;
    return {trap ? Result::fail : Result::pass,
            trap ? "PUSHF in an interrupt shadow pushes a trap flag that the guest never set"
                 : "PUSHF in an interrupt shadow pushes the guest's own flags"};
}

/// An NMI to a vCPU that waits for a SIPI, as after an INIT. Only a SIPI starts it (kvm_apic_accept_events()
/// in arch/x86/kvm/lapic.c).
std::pair<Result, std::string> waiting(Probe& probe) {
    constexpr int slices = 20;
    const oracle::NmiCounts before = probe.nmis();
    const std::uint64_t rip = probe.vcpu().regs().rip;
    probe.vcpu().set_mp_state(KVM_MP_STATE_INIT_RECEIVED);
    probe.vcpu().nmi();
    for (int i = 0; i < slices; ++i) {
        probe.run(std::chrono::milliseconds(1));
    }
    if (probe.nmis().entries != before.entries || probe.vcpu().regs().rip != rip) {
        return {Result::fail, "an NMI starts a vCPU that waits for a SIPI"};
    }
    probe.vcpu().set_mp_state(KVM_MP_STATE_RUNNABLE);
    const Handled handled = probe.handled_since(before);
    return {handled == 1U ? Result::pass : Result::fail,
            handled == 0U   ? "an NMI to a vCPU that waits for a SIPI is lost"
            : handled == 1U ? "an NMI to a vCPU that waits for a SIPI comes once it runs"
                            : text(handled, "of 1 NMI to a vCPU that waited for a SIPI were")};
}

/// The classic NMI watchdog: a tick of the PIT each millisecond, through LINT0. The guest takes none as an
/// interrupt, so it acknowledges none of them.
std::pair<Result, std::string> watchdog(Probe& probe, bool reinject) {
    constexpr int slices = 100;
    constexpr std::uint32_t some = 10;  // of about 100
    try {
        probe.vm().kvm().require_pit("the PIT's watchdog");
    } catch (const HostCannot& cannot) {
        return {Result::unsupported, cannot.what()};
    }
    probe.vm().kvm().create_pit();
    probe.vm().kvm().set_pit_reinjection(reinject);
    probe.vm().kvm().start_pit(std::chrono::milliseconds(1));
    probe.vcpu().set_lint0_to_nmi(true);
    const std::uint32_t before = probe.nmis().exits;
    for (int i = 0; i < slices; ++i) {
        probe.run(std::chrono::milliseconds(1));
    }
    const bool come = probe.nmis().exits - before >= some;
    return {
        come ? Result::pass : Result::fail,
        fmt::format("{} as an NMI to a guest that acknowledges none",
                    come ? "a tick of the PIT at LINT0 comes" : "hardly a tick of the PIT at LINT0 comes")};
}

Check examine(const kvm::System& system, const image::Image& image, const char* name, const Examine& how) {
    Check check{"NMIs", name, Result::fail, {}};
    Probe probe(system, image);
    if (check.says = probe.begin(1); check.says.empty()) {
        std::tie(check.result, check.says) = how(probe);
    }
    return check;
}

/// Two pending, saved from one VM and restored in another: both must come.
Check examine_restore(const kvm::System& system, const image::Image& image) {
    kvm_vcpu_events saved{};
    const auto save = [&saved](Probe& probe) {
        probe.vcpu().nmi();
        probe.vcpu().nmi();
        saved = probe.vcpu().events();
        return std::pair(Result::pass, std::string());
    };
    const auto restore = [&saved](Probe& probe) {
        const oracle::NmiCounts before = probe.nmis();
        set_pending(probe.vcpu(), saved.nmi.pending);
        const Handled handled = probe.handled_since(before);
        return std::pair(handled == 2U ? Result::pass : Result::fail,
                         text(handled, "of 2 NMIs that were saved as pending and restored were"));
    };
    const Check first = examine(system, image, "restore", save);
    return first.result == Result::pass ? examine(system, image, "restore", restore) : first;
}

}  // namespace

void examine_nmis(const kvm::System& system, const image::Image& image, Checks& checks) {
    checks.push_back(examine(system, image, "burst", burst));
    checks.push_back(examine(system, image, "masked", masked));
    checks.push_back(examine(system, image, "255 pending", many_pending));
    checks.push_back(examine_restore(system, image));
    checks.push_back(examine(system, image, "shadow", shadow));
    checks.push_back(examine(system, image, "waiting for SIPI", waiting));
    checks.push_back(examine(system, image, "PIT", [](Probe& probe) { return watchdog(probe, false); }));
    checks.push_back(
        examine(system, image, "PIT re-injected", [](Probe& probe) { return watchdog(probe, true); }));
}

}  // namespace nmistorm::doctor
