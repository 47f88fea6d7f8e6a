// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <thread>

#include "base/address.h"
#include "base/cpus.h"
#include "kvm/vcpu.h"
#include "machine/exit.h"

namespace nmistorm::machine {

/// What a vCPU's thread does next.
struct Turn {
    std::chrono::nanoseconds slice{};  ///< how long the guest may run; zero: until a kick
    bool hold = false;                 ///< the vCPU stays outside the guest until a kick
};

/// Acts on a vCPU while it is outside the guest. Called on the vCPU's thread before each
/// KVM_RUN.
class RunHook {
  public:
    virtual ~RunHook() = default;
    virtual Turn before_run(unsigned cpu, kvm::Vcpu& vcpu) = 0;
};

/// Runs one vCPU on a thread of its own.
///
/// A kick cannot be lost. The kicker writes its request, then counts the kick, then sets immediate_exit, then
/// signals. The thread reads the count, then calls the hook, then clears immediate_exit, then calls KVM_RUN
/// if the count is still the same, else the hook again. So the hook sees the request of a kick that was
/// counted before. A kick that is counted after the second look makes KVM_RUN return, at once or, if it is
/// under way, by the signal. The end of a slice is a kick that the thread sends itself, by a timer.
class VcpuThread {
  public:
    VcpuThread(unsigned cpu, kvm::Vcpu vcpu, RunHook& hook);
    VcpuThread(const VcpuThread&) = delete;
    VcpuThread& operator=(const VcpuThread&) = delete;
    ~VcpuThread();

    void start();
    /// Keeps the started thread on one CPU, see nmistorm::pin().
    void pin(unsigned n) { nmistorm::pin(thread_.native_handle(), n); }
    [[nodiscard]] bool started() const { return thread_.joinable(); }
    /// Makes the thread call its hook soon. Any thread may call this.
    void kick();
    /// Asks the thread to end. join() waits until it has ended.
    void stop();
    void join();

    /// True once the vCPU cannot continue. exit() tells why, or rethrow() throws.
    [[nodiscard]] bool ended() const { return ended_.load(std::memory_order_acquire); }

    // The rest may be called once ended() is true, or after join().

    /// The thread has not ended because it was told to.
    [[nodiscard]] bool failed() const { return exit_ || error_; }
    /// None if the thread was told to stop.
    [[nodiscard]] const std::optional<Exit>& exit() const { return exit_; }
    /// Rethrows the exception of a harness failure on the thread.
    void rethrow() const;
    /// Where the vCPU was, and whether NMIs were masked there.
    [[nodiscard]] GuestVirt final_ip() const { return final_ip_; }
    [[nodiscard]] bool final_nmi_masked() const { return final_nmi_masked_; }

    /// CPU time that the thread has used. Any thread except its own may call this.
    [[nodiscard]] std::chrono::nanoseconds cpu_time() const;

    /// How long the thread could have run and had no CPU; zero if this kernel does not tell
    /// (/proc/PID/task/TID/schedstat, Documentation/scheduler/sched-stats.rst). As cpu_time() otherwise.
    [[nodiscard]] std::chrono::nanoseconds waited_for_cpu() const;

    /// For statistics. Use it for anything else only if the thread was not started.
    [[nodiscard]] kvm::Vcpu& vcpu() { return vcpu_; }
    [[nodiscard]] const kvm::Vcpu& vcpu() const { return vcpu_; }

  private:
    void loop();
    void run_until_stopped();

    unsigned cpu_;
    kvm::Vcpu vcpu_;
    RunHook& hook_;
    std::atomic<bool> stop_ = false;
    std::atomic<int> tid_ = 0;
    std::atomic<std::uint32_t> kicks_ = 0;  ///< what a held vCPU waits for
    std::atomic<bool> ended_ = false;
    std::optional<Exit> exit_;
    std::exception_ptr error_;
    GuestVirt final_ip_;
    bool final_nmi_masked_ = false;
    std::chrono::nanoseconds final_cpu_time_{};
    std::chrono::nanoseconds final_waited_{};
    std::thread thread_;
};

}  // namespace nmistorm::machine
