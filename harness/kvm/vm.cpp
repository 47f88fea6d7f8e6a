// SPDX-License-Identifier: GPL-2.0-or-later
#include "kvm/vm.h"

#include <cstring>

#include <fmt/format.h>

namespace nmistorm::kvm {
namespace {

// Three pages that VMX without unrestricted guest mode needs outside the guest's memory (api.rst,
// KVM_SET_TSS_ADDR and KVM_SET_IDENTITY_MAP_ADDR). Elsewhere they do no harm.
constexpr unsigned long tss_address = 0xfffbd000;
constexpr std::uint64_t identity_map_address = 0xfffbc000;

constexpr unsigned first_message_gsi = 24;  // below are the pins of the PICs and of the I/O APIC

/// The state of the PIC that IRQ 0 goes to.
kvm_irqchip first_pic(int vm) {
    kvm_irqchip pic{};
    pic.chip_id = KVM_IRQCHIP_PIC_MASTER;
    NMISTORM_KVM(vm, KVM_GET_IRQCHIP, pic, "PIC 0");
    return pic;
}

}  // namespace

Vm::Vm(const System& system, Irqchip irqchip) : system_(&system), fd_(system.create_vm()) {
    if (system.extension(KVM_CAP_SET_TSS_ADDR) > 0) {
        request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_SET_TSS_ADDR), tss_address,
                fmt::format("{:#x}", tss_address));
    }
    if (system.extension(KVM_CAP_SET_IDENTITY_MAP_ADDR) > 0) {
        std::uint64_t address = identity_map_address;
        NMISTORM_KVM(fd_.get(), KVM_SET_IDENTITY_MAP_ADDR, address, fmt::format("{:#x}", address));
    }
    create_irqchip(irqchip);
}

void Vm::create_irqchip(Irqchip irqchip) {
    switch (irqchip) {
        case Irqchip::kernel:
            request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_CREATE_IRQCHIP), 0);
            break;
        case Irqchip::split: {
            constexpr unsigned io_apic_pins = 24;
            system_->require(KVM_CAP_SPLIT_IRQCHIP, "KVM_CAP_SPLIT_IRQCHIP", "a split interrupt controller");
            kvm_enable_cap split{};
            split.cap = KVM_CAP_SPLIT_IRQCHIP;
            split.args[0] = io_apic_pins;
            NMISTORM_KVM(fd_.get(), KVM_ENABLE_CAP, split, "KVM_CAP_SPLIT_IRQCHIP");
            break;
        }
        case Irqchip::none:
            break;
    }
}

void Vm::set_memory(unsigned slot, GuestPhys base, std::span<std::byte> memory) {
    kvm_userspace_memory_region region{};
    region.slot = slot;
    region.guest_phys_addr = base.value;
    region.memory_size = memory.size();
    region.userspace_addr = reinterpret_cast<std::uint64_t>(memory.data());
    NMISTORM_KVM(fd_.get(), KVM_SET_USER_MEMORY_REGION, region,
                 fmt::format("slot {}, {} bytes at {:#x}", slot, memory.size(), base.value));
}

Vcpu Vm::create_vcpu(unsigned id) const {
    Fd fd(request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_CREATE_VCPU), id, fmt::format("id {}", id)));
    return {id, std::move(fd), system_->vcpu_mmap_size()};
}

void Vm::require_msis(unsigned vcpus, const char* use) const {
    system_->require(KVM_CAP_SIGNAL_MSI, "KVM_CAP_SIGNAL_MSI", use);
    require_msi_targets(vcpus, use);
}

void Vm::require_irqfds(unsigned vcpus, const char* use) const {
    system_->require(KVM_CAP_IRQFD, "KVM_CAP_IRQFD", use);
    system_->require(KVM_CAP_IRQ_ROUTING, "KVM_CAP_IRQ_ROUTING", use);
    require_msi_targets(vcpus, use);
}

void Vm::require_msi_targets(unsigned vcpus, const char* use) {
    // An MSI has eight bits for the APIC's id, of which 255 is a broadcast. More bits need x2APIC mode.
    constexpr unsigned most = 255;
    if (vcpus > most) {
        throw UsageError(fmt::format(
            "{} reaches {} vCPUs; ask for no more with --vcpus, or take another source", use, most));
    }
}

bool Vm::signal_msi(const kvm_msi& message) {
    kvm_msi copy = message;
    return NMISTORM_KVM(fd_.get(), KVM_SIGNAL_MSI, copy,
                        fmt::format("address {:#x}, data {:#x}", message.address_lo, message.data)) > 0;
}

VmState Vm::save() const {
    VmState state;
    for (unsigned chip = 0; chip < state.irqchips.size(); ++chip) {
        state.irqchips[chip].chip_id = chip;
        NMISTORM_KVM(fd_.get(), KVM_GET_IRQCHIP, state.irqchips[chip], fmt::format("chip {}", chip));
    }
    NMISTORM_KVM(fd_.get(), KVM_GET_CLOCK, state.clock);
    return state;
}

void Vm::restore(const VmState& state) {
    VmState copy = state;
    for (kvm_irqchip& chip : copy.irqchips) {
        NMISTORM_KVM(fd_.get(), KVM_SET_IRQCHIP, chip, fmt::format("chip {}", chip.chip_id));
    }
    copy.clock.flags = 0;  // what it says of the old VM's clock is not to be set
    NMISTORM_KVM(fd_.get(), KVM_SET_CLOCK, copy.clock);
}

void Vm::require_pit(const char* use) const {
    system_->require(KVM_CAP_PIT2, "KVM_CAP_PIT2", use);
    system_->require(KVM_CAP_PIT_STATE2, "KVM_CAP_PIT_STATE2", use);
    system_->require(KVM_CAP_REINJECT_CONTROL, "KVM_CAP_REINJECT_CONTROL", use);
}

void Vm::create_pit() {
    kvm_pit_config config{};
    NMISTORM_KVM(fd_.get(), KVM_CREATE_PIT2, config);
}

void Vm::set_pit(std::uint8_t mode, std::chrono::nanoseconds time) {
    constexpr std::int64_t frequency = 1'193'182;  // Hz (include/linux/timex.h)
    kvm_pit_state2 state{};
    NMISTORM_KVM(fd_.get(), KVM_GET_PIT2, state);
    state.channels[0].mode = mode;
    state.channels[0].gate = 1;
    state.channels[0].count = static_cast<std::uint32_t>(time.count() * frequency / 1'000'000'000);
    NMISTORM_KVM(fd_.get(), KVM_SET_PIT2, state,
                 fmt::format("channel 0, mode {}, count {}", mode, state.channels[0].count));
}

void Vm::start_pit(std::chrono::nanoseconds period) {
    constexpr std::uint8_t rate_generator = 2;
    set_pit(rate_generator, period);
}

void Vm::start_pit_once(std::chrono::nanoseconds after) {
    constexpr std::uint8_t interrupt_on_terminal_count = 0;
    forget_irqs();
    set_pit(interrupt_on_terminal_count, after);
}

/// The PIC keeps the request of an edge-triggered IRQ until it is acknowledged. A tick raises it before it
/// makes NMIs; to stop the timer waits for the end of that (kthread_flush_work() in destroy_pit_timer()).
bool Vm::pit_has_ticked() {
    constexpr std::uint8_t no_timer = 5;  // hardware triggered strobe, which KVM does not have
    if (!irq0_requested()) {
        return false;
    }
    set_pit(no_timer, std::chrono::milliseconds(1));
    forget_irqs();
    return true;
}

bool Vm::irq0_requested() const {
    return (first_pic(fd_.get()).chip.pic.irr & 1) != 0;
}

void Vm::forget_irqs() {
    kvm_irqchip pic = first_pic(fd_.get());
    pic.chip.pic.irr = 0;
    pic.chip.pic.imr = 0xff;  // no vCPU is to see the request
    NMISTORM_KVM(fd_.get(), KVM_SET_IRQCHIP, pic, "PIC 0");
}

void Vm::set_pit_reinjection(bool reinject) {
    kvm_reinject_control control{};
    control.pit_reinject = reinject ? 1 : 0;
    // Its number says nothing of the struct that it takes.
    request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_REINJECT_CONTROL), reinterpret_cast<unsigned long>(&control),
            reinject ? "on" : "off");
}

void Vm::connect(const std::vector<Fd>& events, const std::vector<kvm_msi>& messages) {
    std::vector<kvm_irq_routing_entry> entries(messages.size());
    for (unsigned i = 0; i < messages.size(); ++i) {
        entries[i].gsi = first_message_gsi + i;
        entries[i].type = KVM_IRQ_ROUTING_MSI;
        entries[i].u.msi.address_lo = messages[i].address_lo;
        entries[i].u.msi.address_hi = messages[i].address_hi;
        entries[i].u.msi.data = messages[i].data;
    }
    kvm_irq_routing_entry& timer = entries.emplace_back();  // GSI 0, the PIT's
    timer.type = KVM_IRQ_ROUTING_IRQCHIP;
    timer.u.irqchip.irqchip = KVM_IRQCHIP_PIC_MASTER;
    const std::size_t bytes = entries.size() * sizeof(entries[0]);
    std::vector<std::byte> storage(sizeof(kvm_irq_routing) + bytes);
    auto& routing = *reinterpret_cast<kvm_irq_routing*>(storage.data());
    routing.nr = static_cast<unsigned>(entries.size());
    std::memcpy(storage.data() + sizeof(routing), entries.data(), bytes);
    NMISTORM_KVM(fd_.get(), KVM_SET_GSI_ROUTING, routing, fmt::format("{} MSIs", messages.size()));
    request_irqfds(events, 0);
}

void Vm::disconnect(const std::vector<Fd>& events) {
    request_irqfds(events, KVM_IRQFD_FLAG_DEASSIGN);
}

void Vm::request_irqfds(const std::vector<Fd>& events, std::uint32_t flags) {
    for (unsigned i = 0; i < events.size(); ++i) {
        const unsigned gsi = first_message_gsi + i;
        kvm_irqfd irqfd{};
        irqfd.fd = static_cast<unsigned>(events[i].get());
        irqfd.gsi = gsi;
        irqfd.flags = flags;
        NMISTORM_KVM(fd_.get(), KVM_IRQFD, irqfd, fmt::format("GSI {}, flags {}", gsi, flags));
    }
}

}  // namespace nmistorm::kvm
