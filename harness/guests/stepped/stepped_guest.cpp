// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/stepped/stepped_guest.h"

#include <algorithm>
#include <chrono>
#include <cstring>

#include <fmt/format.h>

#include "base/error.h"
#include "machine/registers.h"

namespace nmistorm::guests {
namespace {

using machine::page_size;

constexpr const char* endless = "an exception whose handler does not end";
constexpr unsigned longest_exception = 20'000;        // steps; our guest takes a few hundred
constexpr std::chrono::milliseconds kick_period{50};  // a quarter of the limit for calling stop
constexpr std::uint64_t look_every = 64;              // steps; a few ms on the slowest KVM
constexpr std::uint64_t check_every = 1 << 20;        // steps
constexpr std::uint64_t longest_repetition = 1024;    // repetitions in one step, by KVM's emulator
constexpr std::uint64_t rflags_df = 0x400;
constexpr std::uint64_t tss_size = 0x68;  // SDM 3A, figures 8-2 and 8-11
constexpr std::uint64_t cr0_pe_pg = 0x80000001;
constexpr std::uint64_t efer_lma = 0x400;

}  // namespace

SteppedGuest::SteppedGuest(const kvm::System& system, const image::Image& image,
                           const AbiParameters& parameters, Stop stop)
    : stop_(std::move(stop)),
      i386_(image.machine() == image::ElfMachine::i386),
      image_machine_(image.machine()),
      guest_(system, image, parameters),
      code_(image, guest_.memory(), guest_.layout()),
      log_(guest_.memory(), guest_.layout(), code_),
      states_(parameters.vcpus),
      stale_(parameters.vcpus),
      kicks_(kick_period) {
    for (unsigned cpu = 0; cpu < cpus(); ++cpu) {
        kvm::Vcpu& vcpu = guest_.vcpus()[cpu];
        const kvm_sregs& sregs = first_sregs_.emplace_back(vcpu.sregs());
        segments_.push_back({0, sregs.fs.base, sregs.gs.base});
        vcpus_.emplace_back(vcpu, system);
        states_[cpu].regs = vcpu.regs();
        pages_.push_back(&guest_.cpu_page(cpu));
    }
}

void SteppedGuest::begin() {
    tables_.push_back({layout().page_tables.value, layout().gdt.value});
    for (unsigned cpu = 0; cpu < cpus(); ++cpu) {
        const kvm_sregs& sregs = sregs_.emplace_back(vcpus_[cpu].vcpu().sregs());
        require_flat(cpu);
        segments_[cpu] = {0, sregs.fs.base, sregs.gs.base};
        tables_.push_back({sregs.gdt.base, sregs.gdt.base + sregs.gdt.limit + 1});
        tables_.push_back({sregs.idt.base, sregs.idt.base + sregs.idt.limit + 1});
        read_exception_entries(sregs);
    }
    log_.begin();
}

/// An address is what the operand says, plus a constant base for FS and GS.
void SteppedGuest::require_flat(unsigned cpu) const {
    const kvm_sregs& was = first_sregs_[cpu];
    const kvm_sregs& is = sregs_[cpu];
    const bool same_mode = ((was.cr0 ^ is.cr0) & cr0_pe_pg) == 0 && ((was.efer ^ is.efer) & efer_lma) == 0 &&
                           was.cs.l == is.cs.l && was.cs.db == is.cs.db;
    const bool same_segments = !i386_ || (is.cs.base | is.ds.base | is.es.base | is.ss.base) == 0;
    if (!same_mode || !same_segments || was.cr3 != is.cr3) {
        throw Error(fmt::format(
            "explore cannot follow this guest: vCPU {} comes online with {} of its own, where explore needs "
            "those that it was started with",
            cpu,
            !same_mode          ? "a CPU mode"
            : was.cr3 != is.cr3 ? "page tables"
                                : "segments"));
    }
}

void SteppedGuest::read_exception_entries(const kvm_sregs& sregs) {
    for (const GuestVirt entry : machine::read_exception_handlers(memory(), sregs, image_machine_)) {
        exception_entries_.push_back(entry);
        if (const decode::Instruction* first = code_.at(entry)) {
            exception_entries_.push_back({entry.value + first->length});
        }
    }
}

std::uint64_t SteppedGuest::value(unsigned cpu, std::int8_t number) const {
    return number == decode::MemoryOperand::no_register
               ? 0
               : machine::general_register(states_[cpu].regs, static_cast<unsigned>(number));
}

Accesses SteppedGuest::accesses(unsigned cpu, const decode::Instruction& instruction) const {
    Accesses result;
    for (unsigned i = 0; i < instruction.operands; ++i) {
        const decode::MemoryOperand& operand = instruction.memory[i];
        std::uint64_t address = value(cpu, operand.base) + value(cpu, operand.index) * operand.scale +
                                static_cast<std::uint64_t>(operand.displacement);
        if (operand.narrow) {
            address &= 0xffffffff;
        }
        address += segments_[cpu][static_cast<unsigned>(operand.segment)];
        if (i386_) {
            address &= 0xffffffff;
        }
        if (operand.repeated) {
            add_repeated(result, cpu, operand, address);
        } else if (operand.size != 0 && address < memory().size() &&
                   operand.size <= memory().size() - address) {
            result.add({address, operand.size, operand.read, operand.written});
        }
    }
    return result;
}

/// The most that one step can access: a KVM stops after each repetition, unless it emulates the instruction.
void SteppedGuest::add_repeated(Accesses& result, unsigned cpu, const decode::MemoryOperand& operand,
                                std::uint64_t address) const {
    constexpr std::int8_t count_register = 1;
    const std::uint64_t count =
        value(cpu, count_register) & (operand.narrow ? 0xffffffff : ~std::uint64_t{0});
    if (count == 0 || address >= memory().size()) {
        return;  // it accesses nothing, or faults at the first element
    }
    const std::uint64_t bytes = std::min(count, longest_repetition) * operand.size;
    const bool down = (states_[cpu].regs.rflags & rflags_df) != 0;
    const std::uint64_t last = address + operand.size;  // one past the first element
    const std::uint64_t begin = !down ? address : last > bytes ? last - bytes : 0;
    const std::uint64_t end = std::min(down ? last : address + bytes, memory().size());
    result.add({begin, end - begin, operand.read, operand.written});
}

Accesses SteppedGuest::reads_of_delivery(unsigned cpu) const {
    constexpr unsigned nmi_vector = 2;
    const std::uint64_t gate_size = i386_ ? 8 : 16;
    Accesses result;
    const auto reads = [&](std::uint64_t address, std::uint64_t size) {
        if (address < memory().size() && size <= memory().size() - address) {
            result.add({address, size, true, false});
        }
    };
    reads(sregs_[cpu].idt.base + nmi_vector * gate_size, gate_size);
    reads(sregs_[cpu].tr.base, tss_size);
    return result;
}

/// Called between two steps.
void SteppedGuest::look() {
    if (stop_ && stop_()) {
        throw Stopped{};
    }
    if (steps_ % check_every == 0) {
        check_memory();
    }
}

void SteppedGuest::check_memory() const {
    if (!has_begun() || is_dead()) {
        return;
    }
    log_.check();
}

void SteppedGuest::refuse(unsigned cpu, const decode::Instruction& instruction, const char* why) const {
    throw CannotExplore(fmt::format("explore cannot take back '{}', which vCPU {} is about to run at ",
                                    code_.text(instruction.address), cpu),
                        instruction.address, fmt::format(": {}", why));
}

void SteppedGuest::require_confined(unsigned cpu, const decode::Instruction& instruction,
                                    const Accesses& accesses) const {
    using Kind = decode::Instruction::Kind;
    if (!instruction.confined) {
        refuse(cpu, instruction,
               "it does more than change general registers, flags and the memory that its operands name");
    }
    if (instruction.kind == Kind::out) {
        const std::uint64_t in_dx = states_[cpu].regs.rdx & 0xffff;
        if ((instruction.port == decode::Instruction::port_in_dx ? in_dx : instruction.port) !=
            abi::panic_port) {
            refuse(cpu, instruction, "it is for another port than the one for panics");
        }
    }
    if (instruction.kind == Kind::iret && stack_is_in_memory(cpu) && !keeps_segments(cpu)) {
        refuse(cpu, instruction, "it loads segment registers with something else");
    }
    for (const Access& access : accesses) {
        if (access.written && is_table(access)) {
            refuse(cpu, instruction, "it writes to page tables, a GDT or an IDT");
        }
    }
}

/// An IRET is confined if it returns to the same selectors.
bool SteppedGuest::keeps_segments(unsigned cpu) const {
    const kvm_sregs& sregs = sregs_[cpu];
    const std::uint64_t sp = states_[cpu].regs.rsp;
    const auto selector = [&](std::uint64_t at) {
        std::uint16_t value;
        std::memcpy(&value, memory().span({at}, sizeof(value)).data(), sizeof(value));
        return value;
    };
    return i386_ ? selector(sp + 4) == sregs.cs.selector
                 : selector(sp + 8) == sregs.cs.selector && selector(sp + 32) == sregs.ss.selector;
}

bool SteppedGuest::is_table(const Access& access) const {
    return std::ranges::any_of(tables_, [&access](const Table& table) {
        return access.address < table.end && table.begin < access.address + access.size;
    });
}

bool SteppedGuest::step(unsigned cpu, const decode::Instruction& instruction, const Accesses& accesses) {
    if (is_dead()) {
        throw Error("a vCPU of a guest that died was to be stepped");
    }
    if (++steps_ % look_every == 0) {
        look();
    }
    const bool known = instruction.length != 0;
    if (has_begun() && known) {
        require_confined(cpu, instruction, accesses);
    }
    VcpuState& state = states_[cpu];
    const bool reads_time = instruction.kind == decode::Instruction::Kind::rdtsc;
    if (reads_time || instruction.kind == decode::Instruction::Kind::pause) {  // PAUSE is only a hint
        if (reads_time) {
            state.regs.rax = state.regs.rdx = 0;
        }
        state.regs.rip += instruction.length;
        stale_[cpu] = true;
        return true;
    }
    if (instruction.kind == decode::Instruction::Kind::iret) {
        if (!stack_is_in_memory(cpu)) {
            exit_ = {"an IRET from a stack where there is no memory"};
            return false;
        }
        state.regs = machine::return_from_interrupt(memory(), image_machine_, state.regs);
        state.in_nmi = false;
        stale_[cpu] = true;
        return true;
    }
    const GuestVirt at = ip(cpu);
    const bool lives = run_stepped(cpu, instruction, accesses);
    if (lives && has_begun() && !known) {
        throw CannotExplore(fmt::format("vCPU {} runs what is no instruction that explore knows, at ", cpu),
                            at, "");
    }
    return lives;
}

bool SteppedGuest::run_stepped(unsigned cpu, const decode::Instruction& instruction,
                               const Accesses& accesses) {
    using Kind = decode::Instruction::Kind;
    const std::size_t first = log_.size();
    for (const Access& access : accesses) {
        if (access.written) {
            log_.save(access);
        }
    }
    if (stale_[cpu]) {
        vcpus_[cpu].set_regs(states_[cpu].regs);
        stale_[cpu] = false;
    }
    vcpus_[cpu].set_nmi_masked(states_[cpu].in_nmi);
    const GuestVirt behind{instruction.address.value + instruction.length};
    const bool stepped = run_one(cpu);
    if (instruction.kind == Kind::pushf && stepped) {
        hide_trap_flag(accesses);
    }
    stale_[cpu] = stale_[cpu] || instruction.kind == Kind::popf;  // POPF cleared TF
    log_.account(first);
    if (stepped && ip(cpu) != behind) {
        if (took_exception(cpu)) {
            end_exception(cpu);
        } else if (has_begun() && instruction.falls_through) {
            throw Error(fmt::format(
                "KVM did not step vCPU {} by one instruction: from {:#x} not to {:#x} but to {:#x}", cpu,
                instruction.address.value, behind.value, ip(cpu).value));
        }
    }
    return !is_dead();
}

/// Some KVMs let PUSHF push the TF that is set for stepping.
void SteppedGuest::hide_trap_flag(const Accesses& accesses) const {
    for (const Access& access : accesses) {
        constexpr std::uint64_t second_byte = 1;
        memory().all()[access.address + second_byte] &=
            std::byte{static_cast<std::uint8_t>(~(kvm::rflags_tf >> 8))};
    }
}

void SteppedGuest::end_exception(unsigned cpu) {
    for (unsigned i = 0; i < longest_exception; ++i) {
        if (!run_one(cpu)) {
            return;
        }
    }
    exit_ = {endless};
}

/// Returns false if the vCPU stopped for good. An exception handler may run for long without another stop.
bool SteppedGuest::run_one(unsigned cpu) {
    exit_ = {"stopped"};  // if step() throws, the vCPU is as good as dead
    const SteppedVcpu::Step step = vcpus_[cpu].step(stop_);
    exit_ = step == SteppedVcpu::Step::exited ? vcpus_[cpu].exit() : machine::Exit{};
    if (step == SteppedVcpu::Step::endless) {
        exit_ = {endless};
    } else {
        states_[cpu].regs = vcpus_[cpu].regs();
    }
    return !is_dead();
}

bool SteppedGuest::took_exception(unsigned cpu) const {
    return std::ranges::find(exception_entries_, ip(cpu)) != exception_entries_.end();
}

bool SteppedGuest::stack_is_in_memory(unsigned cpu) const {
    constexpr std::uint64_t frame = 5 * 8;
    const std::uint64_t sp = states_[cpu].regs.rsp;
    return sp >= frame && sp <= memory().size() - frame;
}

void SteppedGuest::deliver_nmi(unsigned cpu) {
    VcpuState& state = states_[cpu];
    const decode::Instruction* at = next(cpu);
    if (at != nullptr && at->kind == decode::Instruction::Kind::halt) {
        state.regs.rip += at->length;  // the NMI ends HLT
    }
    state.interrupted = state.regs;
    state.in_nmi = true;
    const machine::NmiDelivery delivery =
        machine::deliver_nmi(machine::read_nmi_gate(memory(), sregs_[cpu], image_machine_), state.regs);
    static_cast<void>(memory().span(to_phys(delivery.frame), delivery.bytes()));  // its TSS may say anything
    const std::size_t first = log_.size();
    log_.save({.address = delivery.frame.value, .size = delivery.bytes(), .read = false, .written = true});
    machine::write_frame(memory(), delivery);
    log_.account(first);
    state.regs = delivery.regs;
    stale_[cpu] = true;
}

void SteppedGuest::rewind(const Mark& mark) {
    if (is_dead()) {
        revive();
    }
    log_.rewind(mark.undo, mark.memory);
    states_ = mark.vcpus;
    stale_.assign(cpus(), true);
    exit_ = {};
}

/// Undoes what the undo log does not have: what a CPU writes when it takes an exception, and what an exit may
/// leave in KVM. That is an access that is not complete, the INIT after a shutdown on AMD (svm.c,
/// shutdown_interception(); MSRs that kvm_sregs lacks stay lost), and CR2.
void SteppedGuest::revive() {
    for (unsigned cpu = 0; cpu < cpus(); ++cpu) {
        vcpus_[cpu].revive(sregs_[cpu]);
    }
    log_.repair();
}

}  // namespace nmistorm::guests
