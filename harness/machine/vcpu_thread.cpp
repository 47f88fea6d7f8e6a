// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/vcpu_thread.h"

#include <fmt/format.h>
#include <pthread.h>

#include <unistd.h>

#include <csignal>
#include <ctime>
#include <fstream>

#include "base/thread.h"
#include "machine/kick_signal.h"
#include "machine/kick_timer.h"

namespace nmistorm::machine {
namespace {

std::optional<std::chrono::nanoseconds> cpu_time_of(pthread_t thread) {
    clockid_t clock{};
    timespec time{};
    if (pthread_getcpuclockid(thread, &clock) != 0 || clock_gettime(clock, &time) != 0) {
        return std::nullopt;
    }
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::chrono::nanoseconds waited_of(int tid) {
    std::uint64_t ran = 0;
    std::uint64_t waited = 0;
    if (tid == 0 || !(std::ifstream(fmt::format("/proc/self/task/{}/schedstat", tid)) >> ran >> waited)) {
        return {};
    }
    return std::chrono::nanoseconds(waited);
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
    thread_ = start_thread(fmt::format("vcpu {}", cpu_), [this] { loop(); });
}

void VcpuThread::kick() {
    kicks_.fetch_add(1);
    kicks_.notify_one();
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
    if (started() && !ended()) {
        // Fails if it has ended since.
        if (const auto time = cpu_time_of(const_cast<std::thread&>(thread_).native_handle())) {
            return *time;
        }
    }
    return ended() ? final_cpu_time_ : std::chrono::nanoseconds{};
}

std::chrono::nanoseconds VcpuThread::waited_for_cpu() const {
    return ended() ? final_waited_ : waited_of(tid_.load());
}

void VcpuThread::loop() {
    tid_.store(gettid());
    const KickedVcpu kicked(vcpu_);
    unblock_kick();
    try {
        run_until_stopped();
        final_ip_ = {vcpu_.regs().rip};
        final_nmi_masked_ = vcpu_.events().nmi.masked != 0;
    } catch (...) {
        error_ = std::current_exception();
    }
    final_cpu_time_ = cpu_time_of(pthread_self()).value_or(std::chrono::nanoseconds{});
    final_waited_ = waited_of(gettid());
    ended_.store(true, std::memory_order_release);
}

void VcpuThread::run_until_stopped() {
    std::optional<KickTimer> timer;
    while (true) {
        const std::uint32_t kicks = kicks_.load();
        if (stop_.load()) {
            return;
        }
        const Turn turn = hook_.before_run(cpu_, vcpu_);
        if (turn.slice.count() != 0 && !timer) {
            timer.emplace();
        }
        if (turn.hold) {
            if (timer) {
                timer->set(std::chrono::nanoseconds(0));
            }
            kicks_.wait(kicks);
            continue;
        }
        // After the hook: the timer of the slice before may have kicked meanwhile, and the guest would not
        // run.
        vcpu_.clear_kick();
        if (kicks_.load() != kicks) {
            continue;  // that may have cleared a kick which the hook did not see
        }
        if (timer) {
            timer->set(turn.slice);  // last, or its kick could be cleared
        }
        if (vcpu_.run()) {
            exit_ = describe_exit(vcpu_.state());
            return;
        }
    }
}

}  // namespace nmistorm::machine
