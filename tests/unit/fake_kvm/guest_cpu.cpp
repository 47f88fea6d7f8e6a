// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest_cpu.h"

#include "vcpu.h"

namespace nmistorm::fake_kvm {
namespace {

/// Instructions between two checks for signals, since each check is a system call.
constexpr unsigned look_every = 8;

}  // namespace

GuestCpu::GuestCpu(const Kvm& kvm, unsigned number, std::shared_ptr<OwnGuest> guest)
    : kvm_(kvm), number_(number), guest_(std::move(guest)), fiber_([this] { start(); }) {}

std::optional<int> GuestCpu::run_on(Vcpu& vcpu) {
    vcpu_ = &vcpu;
    result_.reset();
    fiber_.resume();
    return result_;
}

std::uint64_t SavedGuests::keep(const std::shared_ptr<GuestCpu>& guest) {
    const std::lock_guard lock(mutex_);
    const auto number = reinterpret_cast<std::uint64_t>(guest.get());
    guests_[number] = guest;
    return number;
}

std::shared_ptr<GuestCpu> SavedGuests::find(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = guests_.find(number);
    return found != guests_.end() ? found->second : nullptr;
}

// Everything below runs on the fiber.

void GuestCpu::start() {
    if (guest_) {
        guest_->run(*this);
    } else {
        kvm_.program(*this);
    }
}

void GuestCpu::leave(std::optional<int> result) {
    result_ = result;
    fiber_.leave();
}

void GuestCpu::take_nmis() {
    vcpu_->process_queued();
    while (vcpu_->deliverable()) {
        if (!on_nmi) {
            shut_down();
            continue;
        }
        vcpu_->begin_nmi();
        on_nmi();
        vcpu_->end_nmi();
    }
}

void GuestCpu::instruction() {
    vcpu_->tell(Moment::in_guest);
    if (++boundaries_ % look_every == 0 && vcpu_->signal_pending()) {
        leave({});
    }
    if (kvm_.shuts_down && kvm_.shuts_down(number_)) {
        shut_down();
    }
    take_nmis();
}

void GuestCpu::halt() {
    do {
        vcpu_->set_halted();
        leave({});
    } while (!vcpu_->deliverable());
    take_nmis();
}

void GuestCpu::exit(const std::function<void(kvm_run&)>& reason) {
    reason(vcpu_->run_area());
    leave(0);
}

void GuestCpu::shut_down() {
    exit([](kvm_run& run) { run.exit_reason = KVM_EXIT_SHUTDOWN; });
}

void GuestCpu::send_nmi(unsigned id) {
    vcpu_->send_nmi(id);
}

}  // namespace nmistorm::fake_kvm
