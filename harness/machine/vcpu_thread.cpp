// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/vcpu_thread.h"

#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <ctime>

#include <nmistorm/abi/cpu_page.h>

namespace nmistorm::machine {
namespace {

constexpr int kick_signal = SIGUSR1;

/// The handler does nothing: that KVM_RUN is interrupted is all that is wanted.
void install_kick_handler() {
    static const bool installed = [] {
        struct sigaction action {};
        action.sa_handler = [](int) {};
        return sigaction(kick_signal, &action, nullptr) == 0;
    }();
    if (!installed) {
        throw_errno("sigaction", errno);
    }
}

/// Why the vCPU stopped, in words; kvm_run is documented in api.rst, section 5.
Exit describe(const kvm_run& run) {
    std::string name = kvm::exit_name(run.exit_reason);
    switch (run.exit_reason) {
        case KVM_EXIT_IO: {
            const bool out = run.io.direction == KVM_EXIT_IO_OUT;
            if (out && run.io.port == abi::panic_port) {
                return {"panic", true};
            }
            return {fmt::format("{} ({} port {:#x})", name, out ? "out to" : "in from", run.io.port)};
        }
        case KVM_EXIT_MMIO:
            return {fmt::format("{} ({} {:#x}, where there is no memory)", name,
                                run.mmio.is_write ? "write to" : "read from", run.mmio.phys_addr)};
        case KVM_EXIT_INTERNAL_ERROR:
            return {fmt::format("{} (suberror {})", name, run.internal.suberror)};
        case KVM_EXIT_FAIL_ENTRY:
            return {fmt::format("{} (hardware reason {:#x})", name,
                                run.fail_entry.hardware_entry_failure_reason)};
        case KVM_EXIT_UNKNOWN:
            return {fmt::format("{} (hardware reason {:#x})", name, run.hw.hardware_exit_reason)};
        case KVM_EXIT_SHUTDOWN:
            return {name + " (triple fault)"};
        case KVM_EXIT_SYSTEM_EVENT:
            return {fmt::format("{} (type {})", name, run.system_event.type)};
        default:
            return {name};
    }
}

}  // namespace

VcpuThread::VcpuThread(unsigned cpu, kvm::Vcpu vcpu, RunHook& hook)
    : cpu_(cpu), vcpu_(std::move(vcpu)), hook_(hook) {}

VcpuThread::~VcpuThread() {
    stop();
    join();
}

void VcpuThread::start() {
    install_kick_handler();
    thread_ = std::thread([this] { loop(); });
    pthread_setname_np(thread_.native_handle(), fmt::format("vcpu {}", cpu_).c_str());
}

void VcpuThread::kick() {
    vcpu_.kick();
    if (thread_.joinable()) {
        pthread_kill(thread_.native_handle(), kick_signal);
    }
}

void VcpuThread::stop() {
    stop_.store(true);
    kick();
}

void VcpuThread::join() {
    if (thread_.joinable()) {
        thread_.join();
    }
}

void VcpuThread::rethrow() const {
    if (error_) {
        std::rethrow_exception(error_);
    }
}

std::chrono::nanoseconds VcpuThread::cpu_time() const {
    clockid_t clock{};
    timespec time{};
    if (!started() || ended() ||
        pthread_getcpuclockid(const_cast<std::thread&>(thread_).native_handle(), &clock) != 0 ||
        clock_gettime(clock, &time) != 0) {
        return {};
    }
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

void VcpuThread::loop() {
    try {
        run_until_stopped();
        final_ip_ = {vcpu_.regs().rip};
        final_nmi_masked_ = vcpu_.events().nmi.masked != 0;
    } catch (...) {
        error_ = std::current_exception();
    }
    ended_.store(true, std::memory_order_release);
}

void VcpuThread::run_until_stopped() {
    while (true) {
        vcpu_.clear_kick();
        if (stop_.load()) {
            return;
        }
        hook_.before_run(cpu_, vcpu_);
        if (vcpu_.run()) {
            exit_ = describe(vcpu_.state());
            return;
        }
    }
}

}  // namespace nmistorm::machine
