// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conform/guest_code.h"
#include "conform/model/scenario.h"
#include "conform/model/trace.h"
#include "kvm/irqchip.h"
#include "kvm/system.h"
#include "kvm/vcpu_state.h"
#include "machine/guest_vm.h"
#include "machine/kick_signal.h"
#include "machine/kick_timer.h"
#include "plan/run_plan.h"

namespace nmistorm::conform {

/// A small VM with one vCPU, on which the calling thread runs scenarios, one after the other. A second one,
/// with the same memory, is there to move to: to make a VM takes much longer than a scenario, most of all
/// nested. A thread can have one lab at a time.
class Lab {
  public:
    /// Throws HostCannot if this KVM cannot run such a guest: a tiny one is run, which also handles one NMI.
    Lab(const kvm::System& system, plan::Arch arch, kvm::Irqchip irqchip);

    /// What is seen of @p scenario. The vCPU is reset before. HostCannot: this KVM lacks something that the
    /// scenario needs.
    model::Trace run(const model::Scenario& scenario);

    /// The next scenario runs on a VM that was made anew. To call after one that was neither permitted nor
    /// known: what else KVM has then, nobody knows.
    void discard() { discarded_ = true; }
    /// VMs that were made.
    [[nodiscard]] unsigned vms() const { return vms_; }
    /// How the vCPU stopped for good, if it did in the last scenario.
    [[nodiscard]] const std::string& death() const { return death_; }

  private:
    [[nodiscard]] kvm::Vcpu& vcpu() { return vm_.vcpus().front(); }
    [[nodiscard]] bool has_apic() const { return irqchip_ != kvm::Irqchip::none; }

    // Making VMs.
    void renew();
    void move_to_other();
    void enter(machine::GuestVm::Contents contents);
    void warm_up();
    void reset(const model::Scenario& scenario);
    void write(const GuestCode& code);
    void touch_no_more(std::uint64_t page);

    // What the host does at a stop.
    void act(const model::Scenario& scenario, model::Trace& trace);
    void make_pending(const model::Action& action);
    [[nodiscard]] model::Event look(model::Event::Kind kind);
    void save_and_restore(model::Between between);
    [[nodiscard]] kvm::VcpuState save(const std::vector<kvm::StatePart>& parts);
    void restore(const std::vector<kvm::StatePart>& parts, const kvm::VcpuState& state);
    [[nodiscard]] std::vector<kvm::StatePart> parts_of(std::vector<kvm::StatePart> order) const;

    // Running the guest.
    model::Trace run_to_end(const model::Scenario& scenario);
    enum class Ran { on, stop, end, halted, dead };
    Ran run_slice();
    void complete_exit();
    [[nodiscard]] bool sleeps();
    [[nodiscard]] bool nmi_is_due();
    /// Adds what handlers and PUSHF have written since the last call. False if that cannot be.
    bool drain(model::Trace& trace);
    void end_badly(model::Trace& trace, model::Event::Kind kind);

    plan::Arch arch_;
    kvm::Irqchip irqchip_;
    machine::GuestVm vm_;
    std::optional<machine::GuestVm::Contents> other_;  ///< the VM to move to; none: not made yet
    std::optional<machine::KickedVcpu> kicked_;
    machine::KickTimer timer_;
    std::vector<std::uint32_t> msr_indices_;
    kvm::VcpuState clean_;  ///< after warm_up()
    bool discarded_ = false;
    bool warmed_up_ = false;  ///< a guest has run here
    unsigned vms_ = 1;
    std::string death_;

    /// The scenario that runs, and how far it is.
    struct Running {
        std::optional<GuestCode> code = {};
        std::size_t next_action = 0;
        std::size_t records = 0;                     ///< that were drained
        std::vector<std::size_t> unread_flags = {};  ///< PUSHFs of the body whose flags were not read yet
        bool halted_outside = false;  ///< without a local APIC it is the host that knows that the vCPU halts
    };
    Running running_;
};

}  // namespace nmistorm::conform
