// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/steps_guests.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/error.h"
#include "decode/instruction.h"
#include "machine/guest_vm.h"
#include "machine/kick_timer.h"
#include "machine/nmi_delivery.h"

namespace nmistorm::doctor {
namespace {

constexpr std::uint64_t patience = 1'000'000;  // steps until the guest is online; our guest takes about 4,000
constexpr std::uint64_t handler_patience = 10'000;
constexpr std::chrono::milliseconds kick_every{50};
constexpr unsigned kicks_max = 400;                // 20 s for one step, on the busiest host
constexpr std::uint64_t arithmetic_flags = 0xcd5;  // SDM 1, 3.4.3.1

[[noreturn]] void cannot(const std::string& what) {
    throw HostCannot(
        fmt::format("this host's KVM ({}) cannot be stepped soundly: {}: use scripts/nested, or a "
                    "host with kvm_intel or kvm_amd",
                    kvm::backend(), what));
}

/// One vCPU that is stepped alone.
class Probe {
  public:
    Probe(const kvm::System& system, const image::Image& image)
        : image_(image),
          decoder_(image.machine()),
          guest_(system, image,
                 {.vcpus = 1, .events = false, .published_us = 0, .handler_us = 0, .work_us = 0}),
          vcpu_(guest_.vcpus().front()) {
        vcpu_.begin_stepping(system);
    }

    /// Steps to where NMIs may come, and checks each step against the instruction's length.
    void boot() {
        for (std::uint64_t i = 0; machine::load(page().state) != abi::CpuState::online; ++i) {
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
        vcpu_.nmi();
        until_handled();
    }

    /// Takes an NMI that the harness emulates, then continues to @p ip.
    void emulated_nmi(std::uint64_t ip) {
        const auto gate = machine::read_nmi_gate(guest_.memory(), vcpu_.sregs(), image_.machine());
        const machine::NmiDelivery delivery = machine::deliver_nmi(gate, regs());
        for (unsigned i = 0; i < delivery.count; ++i) {
            const auto word = guest_.memory().span(
                to_phys(delivery.frame) + std::uint64_t{i} * delivery.word_size, delivery.word_size);
            std::memcpy(word.data(), &delivery.words[i], delivery.word_size);
        }
        mask(true);
        vcpu_.set_step_regs(delivery.regs);
        step_until_iret(delivery.regs.rip);
        vcpu_.set_step_regs(machine::return_from_interrupt(guest_.memory(), image_.machine(), regs()));
        mask(false);
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
        if (vcpu_.events().nmi.masked != other.vcpu_.events().nmi.masked) {
            return "NMIs are masked in one and not in the other";
        }
        return memory_difference(other);
    }

    [[nodiscard]] const kvm_regs& regs() const { return vcpu_.step_regs(); }

  private:
    [[nodiscard]] const abi::CpuPage& page() const {
        return guest_.memory().at<abi::CpuPage>(guest_.layout().cpu_page(0));
    }

    void step() {
        for (unsigned kicks = 0; !vcpu_.run(); ++kicks) {
            if (kicks == kicks_max) {
                cannot("a step does not end");
            }
        }
        if (vcpu_.state().exit_reason != KVM_EXIT_DEBUG) {
            cannot(fmt::format("a step ended with {} at {}", kvm::exit_name(vcpu_.state().exit_reason),
                               image_.describe({regs().rip})));
        }
    }

    void until_handled() {
        const std::uint64_t sp = regs().rsp;
        for (std::uint64_t i = 0;
             machine::load(page().counters.nmi_exits) == 0 || regs().rsp + 64 < sp || regs().rsp > sp + 64;
             ++i) {
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

    void mask(bool masked) {
        kvm_vcpu_events events = vcpu_.events();
        events.nmi.masked = masked ? 1 : 0;
        vcpu_.set_step_events(events);
    }

    /// Without the dead words below the stack pointer, and the CPU's accessed and dirty bits in page tables.
    [[nodiscard]] std::string memory_difference(const Probe& other) const {
        const machine::Layout& layout = guest_.layout();
        const auto compare = [&](std::uint64_t begin, std::uint64_t end) -> std::string {
            const auto mine = guest_.memory().span({begin}, end - begin);
            const auto its = other.guest_.memory().span({begin}, end - begin);
            const auto [where, there] = std::ranges::mismatch(mine, its);
            return where == mine.end()
                       ? ""
                       : fmt::format("memory differs at {:#x}", begin + (where - mine.begin()));
        };
        for (const auto& [begin, end] : {std::pair(image::image_begin.value, layout.stacks.value),
                                         {regs().rsp, layout.task_stack(0).value},
                                         {layout.rings.value, layout.size}}) {
            if (auto difference = compare(begin, end); !difference.empty()) {
                return difference;
            }
        }
        return {};
    }

    const image::Image& image_;
    decode::Decoder decoder_;
    machine::GuestVm guest_;
    kvm::Vcpu& vcpu_;
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
