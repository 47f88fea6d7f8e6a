// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/steps_guests.h"

#include <fmt/format.h>

#include <chrono>

#include "base/error.h"
#include "decode/instruction.h"
#include "guests/stepped/lone_guest.h"
#include "guests/stepped/stepped_vcpu.h"
#include "machine/kick_timer.h"
#include "machine/nmi_delivery.h"

namespace nmistorm::doctor {
namespace {

constexpr std::uint64_t patience = 1'000'000;  // steps until the guest is online; our guest takes about 4,000
constexpr std::uint64_t handler_patience = 10'000;
constexpr std::chrono::milliseconds kick_every{50};
constexpr std::uint64_t arithmetic_flags = 0xcd5;  // SDM 1, 3.4.3.1

[[noreturn]] void cannot(const std::string& what) {
    throw HostCannot(
        fmt::format("this host's KVM ({}) cannot be stepped soundly: {}: use scripts/nested, or a "
                    "host with kvm_intel or kvm_amd ('nmistorm doctor' tells more)",
                    kvm::backend(), what));
}

/// One vCPU that is stepped alone.
class Probe {
  public:
    Probe(const kvm::System& system, const image::Image& image)
        : image_(image), decoder_(image.machine()), guest_(system, image), vcpu_(guest_.vcpu(), system) {}

    /// Steps to where NMIs may come, and checks each step against the instruction's length.
    void boot() {
        for (std::uint64_t i = 0; !guest_.online(); ++i) {
            const GuestVirt at{regs().rip};
            const auto instruction = decoder_.decode(image_.bytes_at(at), at);
            step();
            if (instruction && instruction->falls_through && regs().rip != at.value + instruction->length) {
                cannot(fmt::format("a step from {} ended at {:#x}", image_.describe(at), regs().rip));
            }
            if (i == patience) {
                cannot("the guest did not come online");
            }
        }
    }

    /// Takes an NMI that KVM delivers; stops where the interrupted code continues, or a little later.
    void nmi_by_kvm() {
        vcpu_.vcpu().nmi();
        until_handled();
    }

    /// Takes an NMI that the harness emulates, then continues to @p ip.
    void emulated_nmi(std::uint64_t ip) {
        const auto gate = machine::read_nmi_gate(guest_.memory(), vcpu_.vcpu().sregs(), image_.machine());
        const machine::NmiDelivery delivery = machine::deliver_nmi(gate, regs());
        machine::write_frame(guest_.memory(), delivery);
        vcpu_.set_nmi_masked(true);
        vcpu_.set_regs(delivery.regs);
        step_until_iret(delivery.regs.rip);
        vcpu_.set_regs(machine::return_from_interrupt(guest_.memory(), image_.machine(), regs()));
        vcpu_.set_nmi_masked(false);
        for (std::uint64_t i = 0; regs().rip != ip; ++i) {
            step();
            if (i == handler_patience) {
                cannot("after an emulated NMI the guest takes another path than after one by KVM");
            }
        }
    }

    /// Names what differs in @p other; empty if nothing does.
    [[nodiscard]] std::string difference(const Probe& other) const {
        const auto* mine = reinterpret_cast<const std::uint64_t*>(&regs());
        const auto* its = reinterpret_cast<const std::uint64_t*>(&other.regs());
        for (std::size_t i = 0; i < offsetof(kvm_regs, rflags) / sizeof(*mine); ++i) {
            if (mine[i] != its[i]) {
                return fmt::format("register {} of kvm_regs is {:#x} and not {:#x}", i, its[i], mine[i]);
            }
        }
        if (((regs().rflags ^ other.regs().rflags) & arithmetic_flags) != 0) {
            return "the flags differ";
        }
        if (vcpu_.vcpu().events().nmi.masked != other.vcpu_.vcpu().events().nmi.masked) {
            return "NMIs are masked in one and not in the other";
        }
        const auto memory = guest_.difference(other.guest_, regs().rsp);
        return memory ? fmt::format("memory differs at {:#x}", memory->value) : "";
    }

    [[nodiscard]] const kvm_regs& regs() const { return vcpu_.regs(); }

  private:
    void step() {
        const guests::SteppedVcpu::Step step = vcpu_.step();
        if (step == guests::SteppedVcpu::Step::endless) {
            cannot("a step does not end");
        }
        if (step == guests::SteppedVcpu::Step::exited) {
            cannot(
                fmt::format("a step ended with {} at {}", vcpu_.exit().name, image_.describe({regs().rip})));
        }
    }

    void until_handled() {
        const std::uint64_t sp = regs().rsp;
        for (std::uint64_t i = 0; !guest_.handled() || regs().rsp + 64 < sp || regs().rsp > sp + 64; ++i) {
            step();
            if (i == handler_patience) {
                cannot("an NMI by KVM was not handled");
            }
        }
    }

    void step_until_iret(std::uint64_t first) {
        for (std::uint64_t i = 0;; ++i) {
            const GuestVirt at{i == 0 ? first : regs().rip};
            const auto instruction = decoder_.decode(image_.bytes_at(at), at);
            if (instruction && instruction->kind == decode::Instruction::Kind::iret) {
                return;
            }
            step();
            if (i == handler_patience) {
                cannot("an emulated NMI was not handled");
            }
        }
    }

    const image::Image& image_;
    decode::Decoder decoder_;
    guests::LoneGuest guest_;
    guests::SteppedVcpu vcpu_;
    machine::KickTimer timer_{kick_every};  // a KVM that does not step must not keep us in KVM_RUN
};

}  // namespace

void require_steps(const kvm::System& system, const image::Image& image) {
    Probe by_kvm(system, image);
    by_kvm.boot();
    by_kvm.nmi_by_kvm();

    Probe emulated(system, image);
    emulated.boot();
    emulated.emulated_nmi(by_kvm.regs().rip);

    const std::string difference = by_kvm.difference(emulated);
    if (!difference.empty()) {
        cannot("an NMI that the harness emulates does not end as one that KVM delivers: " + difference);
    }
}

}  // namespace nmistorm::doctor
