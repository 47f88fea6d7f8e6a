// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "guests/abi/abi_vm.h"
#include "guests/stepped/cannot_explore.h"
#include "guests/stepped/code.h"
#include "guests/stepped/stepped_vcpu.h"
#include "guests/stepped/stopped.h"
#include "guests/stepped/undo_log.h"
#include "machine/exit.h"
#include "machine/kick_timer.h"
#include "machine/nmi_delivery.h"

namespace nmistorm::guests {

/// The state of one vCPU between two instructions.
struct VcpuState {
    kvm_regs regs{};
    bool in_nmi = false;     ///< NMIs are masked
    kvm_regs interrupted{};  ///< registers at the NMI, if in_nmi
};

/// A guest whose vCPUs run one instruction at a time, on request, all from one thread. It can be returned to
/// any state that it was in before on the path to the present one.
///
/// An UndoLog restores memory: the operands of an instruction tell before it runs what it will write, and
/// that memory is saved. Other effects cannot be undone. So an instruction with other effects is refused
/// (decode::Instruction::confined), and so is a write to the tables that translate addresses and deliver
/// interrupts. From time to time memory is compared with the log's own copy. Before begin() nothing is
/// refused, since no return goes further back. The harness emulates NMIs and their IRETs
/// (machine/nmi_delivery.h). The TSC does not advance: RDTSC returns 0, so that nothing depends on time. HLT
/// is never run: a vCPU at HLT waits for an NMI.
class SteppedGuest {
  public:
    /// Throws HostCannot if this KVM cannot be stepped. @p stop is called at least ten times a second while
    /// the guest is stepped.
    SteppedGuest(const kvm::System& system, const image::Image& image, const AbiParameters& parameters,
                 Stop stop);
    void set_stop(Stop stop) { stop_ = std::move(stop); }

    [[nodiscard]] unsigned cpus() const { return static_cast<unsigned>(states_.size()); }
    [[nodiscard]] const VcpuState& vcpu(unsigned cpu) const { return states_[cpu]; }
    [[nodiscard]] GuestVirt ip(unsigned cpu) const { return {states_[cpu].regs.rip}; }
    [[nodiscard]] const Layout& layout() const { return guest_.layout(); }
    [[nodiscard]] const machine::GuestMemory& memory() const { return guest_.memory(); }
    [[nodiscard]] const abi::CpuPage& page(unsigned cpu) const { return *pages_[cpu]; }
    [[nodiscard]] Code& code() { return code_; }
    [[nodiscard]] image::ElfMachine machine() const { return image_machine_; }

    /// The guest has booted and loaded its IDT: from now on NMIs can be delivered and all steps can be
    /// undone. Throws Error if the guest has left the flat memory that it was started in.
    void begin();

    /// The instruction that @p cpu runs next; null if there is none.
    const decode::Instruction* next(unsigned cpu) { return code_.at(ip(cpu)); }
    /// The accesses that @p instruction would make if @p cpu ran it now.
    [[nodiscard]] Accesses accesses(unsigned cpu, const decode::Instruction& instruction) const;

    /// Runs one instruction, next(cpu), which makes @p accesses. Returns false if the vCPU stopped for
    /// another reason, which exit() tells. An exception is run to that end in the same step, since kvm_amd
    /// does not stop in its handler: a guest's exceptions must end in a panic. Throws CannotExplore before an
    /// instruction that cannot be undone, Stopped, and Error if KVM ran anything other than this one
    /// instruction. After false only rewind() may follow.
    bool step(unsigned cpu, const decode::Instruction& instruction, const Accesses& accesses);
    [[nodiscard]] const machine::Exit& exit() const { return exit_; }

    /// There is room for an interrupt's frame above and below the stack pointer of @p cpu.
    [[nodiscard]] bool stack_is_in_memory(unsigned cpu) const;

    /// Delivers an NMI, which must not be masked. The stack must be in memory. If the vCPU is at HLT, it
    /// wakes up.
    void deliver_nmi(unsigned cpu);

    /// The memory that the CPU reads to deliver an NMI.
    [[nodiscard]] Accesses reads_of_delivery(unsigned cpu) const;

    /// A state to return to; valid until the guest returns to an earlier one.
    struct Mark {
        std::size_t undo = 0;
        StateKey memory;
        std::vector<VcpuState> vcpus;
    };
    [[nodiscard]] Mark mark() const { return {log_.size(), log_.key(), states_}; }
    void rewind(const Mark& mark);

    /// Throws CannotExplore if guest memory is not what the steps and their undoing should have left. This is
    /// also checked every 2^20 steps.
    void check_memory() const;

    /// Bytes on the heap, of the undo log and of one Mark.
    [[nodiscard]] std::size_t log_bytes() const { return log_.bytes(); }
    [[nodiscard]] std::size_t mark_bytes() const { return states_.size() * sizeof(VcpuState); }

    /// The key of memory and registers, without what no guest can tell apart: stacks below the stack
    /// pointers, page tables, and the events' rings and numbers.
    [[nodiscard]] StateKey key() const;

    /// The access is to a part of @p cpu's stacks that only its handler uses, not the interrupted code.
    [[nodiscard]] bool on_own_stack(unsigned cpu, const Access& access) const;

  private:
    /// Addresses of a table that the CPU itself reads.
    struct Table {
        std::uint64_t begin;
        std::uint64_t end;
    };
    void look();
    void require_flat(unsigned cpu) const;
    void require_confined(unsigned cpu, const decode::Instruction& instruction,
                          const Accesses& accesses) const;
    [[noreturn]] void refuse(unsigned cpu, const decode::Instruction& instruction, const char* why) const;
    [[nodiscard]] bool keeps_segments(unsigned cpu) const;
    [[nodiscard]] bool is_table(const Access& access) const;
    void add_repeated(Accesses& result, unsigned cpu, const decode::MemoryOperand& operand,
                      std::uint64_t address) const;
    void hide_trap_flag(const Accesses& accesses) const;
    bool run_stepped(unsigned cpu, const decode::Instruction& instruction, const Accesses& accesses);
    void add_stack(StateKey& key, std::uint64_t from, std::uint64_t to) const;
    [[nodiscard]] std::uint64_t value(unsigned cpu, std::int8_t number) const;
    bool run_one(unsigned cpu);
    void read_exception_entries(const kvm_sregs& sregs);
    [[nodiscard]] bool took_exception(unsigned cpu) const;
    void end_exception(unsigned cpu);
    [[nodiscard]] bool is_dead() const { return !exit_.name.empty(); }
    void revive();
    [[nodiscard]] bool has_begun() const { return log_.has_begun(); }

    Stop stop_;
    bool i386_;
    image::ElfMachine image_machine_;
    AbiVm guest_;
    std::vector<SteppedVcpu> vcpus_;
    Code code_;
    UndoLog log_;
    std::vector<const abi::CpuPage*> pages_;
    std::vector<VcpuState> states_;
    std::vector<bool> stale_;                             ///< KVM's registers differ from states_
    std::vector<std::array<std::uint64_t, 3>> segments_;  ///< bases, by MemoryOperand::Segment
    std::uint64_t steps_ = 0;
    machine::Exit exit_;  ///< has no name: no vCPU has stopped for good

    std::vector<kvm_sregs> first_sregs_;  ///< before the first instruction
    std::vector<kvm_sregs> sregs_;        ///< since begin()
    std::vector<Table> tables_;
    /// The first instruction of each exception handler and the second one, where kvm_pvm stops.
    std::vector<GuestVirt> exception_entries_;
    machine::KickTimer kicks_;  ///< ends a KVM_RUN that does not return
};

}  // namespace nmistorm::guests
