// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "kvm/ioctl.h"

/// A KVM inside this process, for tests of code with threads. The linker puts it (door.cpp) in place of open,
/// ioctl, mmap and close in harness/. A vCPU runs a C++ program on the thread that is in KVM_RUN, on a stack
/// of its own, which KVM_RUN leaves and returns to as it does a guest. It behaves as KVM (api.rst and
/// arch/x86/kvm/x86.c) in this: immediate_exit is read when KVM_RUN begins, signals that the thread does not
/// block end KVM_RUN and are taken after it returns, HLT waits in the kernel, and NMIs queue as in
/// process_nmi(). It saves and restores what runs on a vCPU, its NMIs and whether it is halted; of MSRs, of
/// the clock and of what else its guest does not have it says nothing.
namespace nmistorm::fake_kvm {

class GuestCpu;

/// The CPU as its program sees it. Only the program calls it.
class Cpu {
  public:
    virtual ~Cpu() = default;
    [[nodiscard]] virtual unsigned number() const = 0;
    /// A boundary between two instructions, where KVM_RUN may end and an NMI may come.
    virtual void instruction() = 0;
    /// Waits until the next NMI was handled.
    virtual void halt() = 0;
    /// KVM_RUN returns 0 with what @p reason writes; the next KVM_RUN continues here.
    virtual void exit(const std::function<void(kvm_run&)>& reason) = 0;
    /// Sends an NMI to the vCPU @p id, by its ICR.
    virtual void send_nmi(unsigned id) = 0;
    /// KVM_RUN fails with @p error.
    virtual void fail(int error) = 0;

    std::function<void()> on_nmi;  ///< the NMI handler; without it an NMI is a triple fault
};
/// Never returns. Objects on its stack are not destroyed.
using Program = std::function<void(Cpu&)>;

/// Where the thread in KVM_RUN is.
enum class Moment {
    entered,   ///< immediate_exit not looked at yet
    looked,    ///< it was clear; signals not looked at yet
    in_guest,  ///< at each boundary
    halted,    ///< about to sleep
    leaving,   ///< interrupted: requests from now on are for the next KVM_RUN
};

/// What ran on vCPUs when KVM_GET_REGS was called, until the end of the test.
class SavedGuests {
  public:
    /// Returns the number by which it is found.
    std::uint64_t keep(const std::shared_ptr<GuestCpu>& guest);
    /// Null if @p number is of none.
    std::shared_ptr<GuestCpu> find(std::uint64_t number);

  private:
    std::mutex mutex_;
    std::map<std::uint64_t, std::shared_ptr<GuestCpu>> guests_;
};

/// During its lifetime it is /dev/kvm; otherwise there is none. Set it up before it is opened.
class Kvm {
  public:
    Kvm();
    Kvm(const Kvm&) = delete;
    Kvm& operator=(const Kvm&) = delete;
    ~Kvm();

    /// What every vCPU runs; none: the guest's own code, with the fault that the loaded image names.
    Program program;
    /// Answers to KVM_CHECK_EXTENSION; 0 for the rest.
    std::map<int, int> capabilities;
    /// Requests that fail, and with which errno.
    std::map<unsigned long, int> failures;
    /// Called on the thread in KVM_RUN.
    std::function<void(Moment, unsigned cpu)> at;
    /// Called at each boundary; returns whether this CPU shuts down there.
    std::function<bool(unsigned cpu)> shuts_down;
    /// Every so many MSIs KVM_SIGNAL_MSI answers that nobody took it; 0: never.
    unsigned drops_msi_in = 0;
    /// As Linux 6.1 does: KVM_SET_VCPU_EVENTS takes any number of NMIs as pending, and KVM_GET_VCPU_EVENTS
    /// says only whether there are any.
    bool pending_as_in_6_1 = false;
    /// false: NMIs stay masked after the first.
    bool unmasks_nmis = true;
    /// An NMI starts a vCPU that waits for a SIPI.
    bool nmi_starts_waiting_vcpu = false;
    /// The result of KVM_GET_SUPPORTED_CPUID.
    std::uint32_t cpuid_functions = 2;

    SavedGuests saved;  ///< the fake's own
};

}  // namespace nmistorm::fake_kvm
