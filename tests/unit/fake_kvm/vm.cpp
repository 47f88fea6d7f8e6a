// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm.h"

#include <algorithm>

#include "vcpu.h"

namespace nmistorm::fake_kvm {
namespace {

/// An eventfd that sends an MSI.
class Irqfd : public File {
  public:
    Irqfd(std::weak_ptr<Vm> vm, const kvm_msi& message) : vm_(std::move(vm)), message_(message) {}
    int request(unsigned long /*number*/, unsigned long /*argument*/) override { return -ENOTTY; }
    bool write() override {
        if (const auto vm = vm_.lock()) {
            vm->signal_msi(message_);
        }
        return true;
    }

  private:
    std::weak_ptr<Vm> vm_;
    kvm_msi message_;
};

}  // namespace

int Vm::request(unsigned long number, unsigned long argument) {
    if (const auto failure = kvm_.failures.find(number); failure != kvm_.failures.end()) {
        return -failure->second;
    }
    switch (number) {
        case KVM_SET_TSS_ADDR:
        case KVM_SET_IDENTITY_MAP_ADDR:
        case KVM_CREATE_IRQCHIP:
        case KVM_GET_CLOCK:
        case KVM_SET_CLOCK:
            return 0;
        case KVM_SET_USER_MEMORY_REGION: {
            const auto& region = *reinterpret_cast<const kvm_userspace_memory_region*>(argument);
            if (region.guest_phys_addr != 0 || !memory_.empty()) {
                return -EINVAL;  // the harness requests no more than this
            }
            memory_ = {reinterpret_cast<std::byte*>(region.userspace_addr), region.memory_size};
            return 0;
        }
        case KVM_CREATE_VCPU:
            return create_vcpu(argument);
        case KVM_SIGNAL_MSI:
            return signal_msi(*reinterpret_cast<const kvm_msi*>(argument));
        case KVM_SET_GSI_ROUTING:
            return set_routing(*reinterpret_cast<const kvm_irq_routing*>(argument));
        case KVM_IRQFD: {
            const auto& irqfd = *reinterpret_cast<const kvm_irqfd*>(argument);
            if (irqfd.flags == KVM_IRQFD_FLAG_DEASSIGN) {
                drop_file(static_cast<int>(irqfd.fd));
                return 0;
            }
            if (file_of(static_cast<int>(irqfd.fd)) != nullptr) {
                return -EBUSY;
            }
            if (irqfd.gsi >= routes_.size() || irqfd.flags != 0) {
                return -EINVAL;
            }
            add_file(static_cast<int>(irqfd.fd),
                     std::make_shared<Irqfd>(weak_from_this(), routes_[irqfd.gsi]));
            return 0;
        }
        case KVM_CREATE_PIT2:
            return has_pit_.exchange(true) ? -EEXIST : 0;
        case KVM_REINJECT_CONTROL:
            return has_pit_ ? 0 : -ENXIO;
        case KVM_GET_PIT2: {
            const std::lock_guard lock(pit_mutex_);
            *reinterpret_cast<kvm_pit_state2*>(argument) = pit_;
            return has_pit_ ? 0 : -ENXIO;
        }
        case KVM_SET_PIT2:
            return has_pit_ ? set_pit(*reinterpret_cast<const kvm_pit_state2*>(argument)) : -ENXIO;
        case KVM_GET_IRQCHIP:
            reinterpret_cast<kvm_irqchip*>(argument)->chip.pic.irr = irq0_requested_ ? 1 : 0;
            return 0;
        case KVM_SET_IRQCHIP:
            irq0_requested_ = reinterpret_cast<const kvm_irqchip*>(argument)->chip.pic.irr != 0;
            return 0;
        default:
            return -ENOTTY;
    }
}

constexpr unsigned one_shot = 0;
constexpr unsigned periodic = 2;

/// A single tick comes at once.
int Vm::set_pit(const kvm_pit_state2& state) {
    const std::lock_guard lock(pit_mutex_);
    pit_ = state;
    pit_is_periodic_.store(pit_.channels[0].mode == periodic);
    if (pit_.channels[0].mode == one_shot) {
        tick();
    }
    return 0;
}

void Vm::tick_if_periodic() {
    if (pit_is_periodic_.load(std::memory_order_relaxed)) {
        const std::lock_guard lock(pit_mutex_);
        tick();
    }
}

void Vm::tick() {
    irq0_requested_ = true;
    for (const auto& [id, weak] : vcpus_) {
        if (const auto vcpu = weak.lock(); vcpu && vcpu->takes_nmis_from_lint0()) {
            vcpu->queue_nmi();
        }
    }
}

int Vm::set_routing(const kvm_irq_routing& routing) {
    const std::span entries(reinterpret_cast<const kvm_irq_routing_entry*>(&routing + 1), routing.nr);
    constexpr unsigned most = 4096;  // KVM_MAX_IRQ_ROUTES
    routes_.assign(most, {});
    for (const kvm_irq_routing_entry& entry : entries) {
        if (entry.gsi >= most) {
            return -EINVAL;
        }
        if (entry.type != KVM_IRQ_ROUTING_MSI) {
            continue;
        }
        routes_[entry.gsi].address_lo = entry.u.msi.address_lo;
        routes_[entry.gsi].address_hi = entry.u.msi.address_hi;
        routes_[entry.gsi].data = entry.u.msi.data;
    }
    return 0;
}

int Vm::create_vcpu(unsigned long id) {
    if (std::ranges::find(vcpus_, id, [](const auto& vcpu) { return vcpu.first; }) != vcpus_.end()) {
        return -EEXIST;
    }
    const int fd = make_descriptor(Vcpu::shared_size);
    auto vcpu = std::make_shared<Vcpu>(shared_from_this(), static_cast<unsigned>(id), fd);
    vcpus_.emplace_back(id, vcpu);
    return add_file(fd, std::move(vcpu));
}

std::shared_ptr<Vcpu> Vm::find(unsigned long id) const {
    const auto found = std::ranges::find(vcpus_, id, [](const auto& vcpu) { return vcpu.first; });
    return found != vcpus_.end() ? found->second.lock() : nullptr;
}

/// An NMI for one APIC; the harness sends no other (SDM 3A, 11.11). Any thread may call it.
int Vm::signal_msi(const kvm_msi& message) {
    constexpr unsigned delivery_mode = 7U << 8;
    constexpr unsigned nmi = 4U << 8;
    if ((message.data & delivery_mode) != nmi || message.address_lo >> 20 != 0xfee) {
        return -EINVAL;
    }
    const unsigned long id = (message.address_lo >> 12 & 0xff) | message.address_hi;
    if (kvm_.drops_msi_in != 0 && ++msis_ % kvm_.drops_msi_in == 0) {
        return 0;
    }
    if (const auto target = find(id); target && target->has_lapic()) {
        target->queue_nmi();
        return 1;
    }
    return 0;
}

std::shared_ptr<OwnGuest> Vm::own_guest(std::uint64_t boot) {
    const std::lock_guard lock(own_guest_mutex_);
    if (!own_guest_) {
        own_guest_ = std::make_shared<OwnGuest>(memory_, boot);
    }
    return own_guest_;
}

void Vm::adopt(std::shared_ptr<OwnGuest> guest) {
    const std::lock_guard lock(own_guest_mutex_);
    own_guest_ = std::move(guest);
}

}  // namespace nmistorm::fake_kvm
