// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "files.h"
#include "own_guest.h"

namespace nmistorm::fake_kvm {

class Vcpu;

/// What KVM_CREATE_VM makes: one slot of memory, and vCPUs.
class Vm : public File, public std::enable_shared_from_this<Vm> {
  public:
    explicit Vm(Kvm& kvm) : kvm_(kvm) {}

    int request(unsigned long number, unsigned long argument) override;

    [[nodiscard]] Kvm& kvm() const { return kvm_; }
    int signal_msi(const kvm_msi& message);
    /// A tick of a periodic PIT, which comes at each KVM_RUN.
    void tick_if_periodic();
    /// The vCPU with this APIC id; null if there is none.
    [[nodiscard]] std::shared_ptr<Vcpu> find(unsigned long id) const;
    /// What its vCPUs run if the test gives no program. Any vCPU's thread may call this.
    std::shared_ptr<OwnGuest> own_guest(std::uint64_t boot);
    /// Another VM began to run it, in the same memory.
    void adopt(std::shared_ptr<OwnGuest> guest);

  private:
    int create_vcpu(unsigned long id);
    int set_routing(const kvm_irq_routing& routing);
    int set_pit(const kvm_pit_state2& state);
    void tick();

    Kvm& kvm_;
    std::span<std::byte> memory_;
    std::atomic<unsigned> msis_ = 0;
    std::vector<kvm_msi> routes_;                                       ///< by GSI
    std::vector<std::pair<unsigned long, std::weak_ptr<Vcpu>>> vcpus_;  ///< by id
    std::atomic<bool> has_pit_ = false;
    std::atomic<bool> pit_is_periodic_ =
        false;  ///< most have none, and their vCPUs must not meet at its lock
    std::mutex pit_mutex_;
    kvm_pit_state2 pit_{};
    std::atomic<bool> irq0_requested_ = false;
    std::mutex own_guest_mutex_;
    std::shared_ptr<OwnGuest> own_guest_;
};

}  // namespace nmistorm::fake_kvm
