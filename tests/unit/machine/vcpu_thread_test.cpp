// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/vcpu_thread.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fstream>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "await.h"
#include "base/error.h"
#include "kvm.h"
#include "kvm/system.h"
#include "kvm/vm.h"

namespace nmistorm::machine {
namespace {

using fake_kvm::await;
using fake_kvm::Cpu;
using fake_kvm::Moment;

class Hook : public RunHook {
  public:
    std::function<void(kvm::Vcpu&)> work;
    std::function<Turn()> turn;
    std::atomic<unsigned> calls = 0;

  private:
    Turn before_run(unsigned /*cpu*/, kvm::Vcpu& vcpu) override {
        if (work) {
            work(vcpu);
        }
        ++calls;
        return turn ? turn() : Turn{};
    }
};

/// Threads for vCPUs of one VM; they are started by the test, and stopped at its end.
class VcpuThreads : public testing::Test {
  protected:
    VcpuThread& add(unsigned cpu) {
        if (!vm_) {
            vm_.emplace(system_);
        }
        threads_.push_back(std::make_unique<VcpuThread>(cpu, vm_->create_vcpu(cpu), hook));
        return *threads_.back();
    }

    fake_kvm::Kvm kvm;
    Hook hook;

  private:
    kvm::System system_ = kvm::System::open();
    std::optional<kvm::Vm> vm_;
    std::vector<std::unique_ptr<VcpuThread>> threads_;
};

void run_on(Cpu& cpu) {
    while (true) {
        cpu.instruction();
    }
}

void idle(Cpu& cpu) {
    while (true) {
        cpu.halt();
    }
}

void shut_down(Cpu& cpu) {
    cpu.exit([](kvm_run& run) { run.exit_reason = KVM_EXIT_SHUTDOWN; });
}

// A kick cannot be lost. ------------------------------------------------------

/// The thread is in KVM_RUN, or after the hook has looked.
enum class Where { entered, looked, in_guest, halted, leaving, hook_has_looked };

class Kick : public VcpuThreads, public testing::WithParamInterface<Where> {};

TEST_P(Kick, makes_the_thread_look_again_wherever_it_is) {
    VcpuThread& thread = add(0);
    std::atomic<bool> armed = false;
    std::atomic<bool> requested = false;
    std::atomic<bool> seen = false;
    const auto request_once = [&] {
        if (armed.exchange(false)) {
            std::thread([&] {
                requested = true;
                thread.kick();
            }).join();  // so that all of it happens here
        }
    };
    kvm.program = GetParam() == Where::halted ? idle : run_on;
    kvm.at = [&](Moment moment, unsigned /*cpu*/) {
        if (static_cast<unsigned>(moment) == static_cast<unsigned>(GetParam())) {
            request_once();
        }
    };
    hook.work = [&](kvm::Vcpu& /*vcpu*/) {
        seen = seen || requested;
        if (GetParam() == Where::hook_has_looked) {
            request_once();
        }
    };
    thread.start();
    ASSERT_TRUE(await([&] { return hook.calls != 0; }));
    armed = true;
    EXPECT_TRUE(await([&] {
        if (armed) {
            thread.kick();  // the thread may not have been past this moment
        }
        return seen.load();
    })) << "the vCPU runs on, and nobody looks";
    EXPECT_FALSE(armed);
    thread.stop();
    thread.join();
    thread.rethrow();
}

std::string name_of(const testing::TestParamInfo<Where>& where) {
    static const std::array names = {"entry",  "the_check", "an_instruction",
                                     "a_halt", "return",    "the_end_of_the_hook"};
    return names[static_cast<unsigned>(where.param)];
}

INSTANTIATE_TEST_SUITE_P(At, Kick,
                         testing::Values(Where::entered, Where::looked, Where::in_guest, Where::halted,
                                         Where::leaving, Where::hook_has_looked),
                         name_of);

TEST_F(VcpuThreads, see_every_one_of_many_requests) {
    constexpr unsigned requests = 5'000;
    kvm.program = [](Cpu& cpu) {
        cpu.on_nmi = [&cpu] { cpu.instruction(); };
        while (true) {
            for (int i = 0; i < 20; ++i) {
                cpu.instruction();
            }
            cpu.halt();
        }
    };
    std::atomic<unsigned> requested = 0;
    std::atomic<unsigned> seen = 0;
    hook.work = [&](kvm::Vcpu& vcpu) {
        const unsigned now = requested;
        if (now != seen) {
            vcpu.nmi();  // ends the halt
            seen = now;
        }
    };
    VcpuThread& thread = add(0);
    thread.start();
    for (unsigned request = 1; request <= requests; ++request) {
        requested = request;
        thread.kick();
        ASSERT_TRUE(await([&] { return seen == request; })) << "request " << request;
    }
    thread.stop();
    thread.join();  // a signal of the last kick may still make it look
}

TEST_F(VcpuThreads, go_on_through_a_storm_of_kicks) {
    constexpr int kicks = 5'000;  // sent by each of two threads
    std::atomic<bool> over = false;
    kvm.program = [&over](Cpu& cpu) {
        while (!over) {
            cpu.instruction();
        }
        shut_down(cpu);
    };
    VcpuThread& thread = add(0);
    thread.start();
    ASSERT_TRUE(await([&] { return hook.calls != 0; }));
    const auto kick_often = [&thread] {
        for (int kick = 0; kick < kicks; ++kick) {
            thread.kick();
            std::this_thread::yield();
        }
    };
    std::thread other(kick_often);
    kick_often();
    other.join();
    over = true;
    EXPECT_TRUE(await([&] { return thread.ended(); }));
    thread.rethrow();
    ASSERT_TRUE(thread.exit());
    EXPECT_EQ(thread.exit()->name, "KVM_EXIT_SHUTDOWN (triple fault)");
    EXPECT_GT(hook.calls, 1U) << "no kick came while the guest ran";
}

// Turns. ----------------------------------------------------------------------

TEST_F(VcpuThreads, come_back_at_the_end_of_each_slice_from_code_and_from_a_halt) {
    for (const unsigned cpu : {0U, 1U}) {
        kvm.program = cpu == 0 ? run_on : idle;
        hook.turn = [] { return Turn{.slice = std::chrono::microseconds(200), .hold = false}; };
        const unsigned before = hook.calls;
        VcpuThread& thread = add(cpu);
        thread.start();
        EXPECT_TRUE(await([&] { return hook.calls > before + 100; })) << "nobody else kicks";
        thread.stop();
        thread.join();
        thread.rethrow();
    }
}

TEST_F(VcpuThreads, run_without_end_once_a_turn_has_no_slice) {
    kvm.program = run_on;
    std::atomic<bool> sliced = true;
    hook.turn = [&sliced] {
        return Turn{.slice = std::chrono::microseconds(sliced ? 200 : 0), .hold = false};
    };
    VcpuThread& thread = add(0);
    thread.start();
    ASSERT_TRUE(await([&] { return hook.calls > 10; }));
    sliced = false;
    // One turn may have begun before, and the signal of its slice may still be on its way.
    unsigned calls = 0;
    const auto at_rest = [&] {
        calls = hook.calls;
        const auto used = thread.cpu_time();
        return await([&] { return thread.cpu_time() > used + std::chrono::milliseconds(5); }) &&
               hook.calls == calls;
    };
    EXPECT_TRUE(await(at_rest));
    thread.kick();
    EXPECT_TRUE(await([&] { return hook.calls > calls; }));
    thread.stop();
    thread.join();
}

TEST_F(VcpuThreads, that_are_held_do_not_run_their_vcpu_until_a_kick) {
    std::atomic<std::uint64_t> instructions = 0;
    kvm.program = [&](Cpu& cpu) {
        while (true) {
            ++instructions;
            cpu.instruction();
        }
    };
    std::atomic<bool> hold = true;
    std::atomic<unsigned> holds = 0;
    hook.turn = [&] {
        const Turn turn{.slice = {}, .hold = hold};
        holds += turn.hold ? 1 : 0;
        return turn;
    };
    VcpuThread& thread = add(0);
    thread.start();
    for (unsigned calls = 1; calls <= 100; ++calls) {
        ASSERT_TRUE(await([&] { return holds == calls; })) << "one for each kick";
        EXPECT_EQ(instructions, 0U);
        if (calls == 100) {
            hold = false;
        }
        thread.kick();
    }
    EXPECT_TRUE(await([&] { return instructions > 0; }));
    hold = true;
    thread.kick();
    ASSERT_TRUE(await([&] { return holds > 100; })) << "the signal of a kick may make it look once more";
    thread.stop();
    thread.join();
    thread.rethrow();
}

// Ends. -----------------------------------------------------------------------

TEST_F(VcpuThreads, end_in_any_order_of_their_vcpus) {
    std::array<unsigned, 3> order = {0, 1, 2};
    unsigned id = 0;
    do {
        std::atomic<unsigned> turn = 0;
        kvm.program = [&, first = id](Cpu& cpu) {
            while (order[turn % order.size()] != cpu.number() - first) {
                cpu.instruction();
            }
            cpu.exit([&](kvm_run& run) {
                run.exit_reason = KVM_EXIT_UNKNOWN;
                run.hw.hardware_exit_reason = cpu.number() - first;
            });
        };
        std::vector<VcpuThread*> threads;
        for (unsigned cpu = 0; cpu < order.size(); ++cpu) {
            threads.push_back(&add(id++));
        }
        for (VcpuThread* thread : threads) {
            thread->start();
        }
        for (unsigned n = 0; n < order.size(); ++n) {
            VcpuThread& next = *threads[order[n]];
            EXPECT_TRUE(await([&] { return next.ended(); }));
            next.rethrow();
            ASSERT_TRUE(next.exit());
            EXPECT_EQ(next.exit()->name,
                      "KVM_EXIT_UNKNOWN (hardware reason 0x" + std::to_string(order[n]) + ")");
            for (unsigned later = n + 1; later < order.size(); ++later) {
                EXPECT_FALSE(threads[order[later]]->ended());
                threads[order[later]]->kick();
            }
            ++turn;
        }
        for (VcpuThread* thread : threads) {
            thread->join();
        }
    } while (std::ranges::next_permutation(order).found);
}

TEST_F(VcpuThreads, that_are_stopped_before_they_start_never_run_their_vcpu) {
    bool ran = false;
    kvm.program = [&ran](Cpu& cpu) {
        ran = true;
        run_on(cpu);
    };
    VcpuThread& thread = add(0);
    thread.stop();
    EXPECT_FALSE(thread.ended());
    thread.start();
    thread.join();
    EXPECT_TRUE(thread.ended());
    EXPECT_FALSE(thread.exit());
    EXPECT_FALSE(ran);
    EXPECT_EQ(hook.calls, 0U);
    thread.rethrow();
}

TEST_F(VcpuThreads, can_be_stopped_at_any_time_and_more_than_once) {
    for (unsigned cpu = 0; cpu < 50; ++cpu) {
        kvm.program = cpu % 2 == 0 ? idle : run_on;
        VcpuThread& thread = add(cpu);
        thread.start();
        if (cpu % 3 == 0) {
            ASSERT_TRUE(await([&] { return hook.calls != 0; }));
        }
        thread.stop();
        thread.stop();
        thread.join();
        thread.join();
        thread.stop();
        EXPECT_TRUE(thread.ended());
        EXPECT_FALSE(thread.exit());
        thread.rethrow();
    }
}

TEST_F(VcpuThreads, tell_where_their_vcpu_was_and_whether_nmis_were_masked_there) {
    std::atomic<bool> inside = false;
    kvm.program = [&inside](Cpu& cpu) {
        cpu.on_nmi = [&cpu, &inside] {
            inside = true;
            run_on(cpu);
        };
        run_on(cpu);
    };
    hook.work = [first = true](kvm::Vcpu& vcpu) mutable {
        if (first) {
            vcpu.nmi();
        }
        first = false;
    };
    VcpuThread& thread = add(0);
    kvm_regs regs{};
    regs.rip = 0x123456;
    thread.vcpu().set_regs(regs);
    thread.start();
    ASSERT_TRUE(await([&] { return inside.load(); }));
    thread.stop();
    thread.join();
    EXPECT_TRUE(thread.final_nmi_masked());
    EXPECT_EQ(thread.final_ip().value, 0x123456U);
}

TEST_F(VcpuThreads, count_the_time_of_their_own_while_they_run) {
    kvm.program = run_on;
    VcpuThread& thread = add(0);
    EXPECT_EQ(thread.cpu_time().count(), 0);
    thread.start();
    EXPECT_TRUE(await([&] { return thread.cpu_time() > std::chrono::milliseconds(2); }));
    const auto ran = thread.cpu_time();
    thread.stop();
    thread.join();
    EXPECT_GE(thread.cpu_time(), ran);
    EXPECT_EQ(thread.cpu_time(), thread.cpu_time());
}

TEST_F(VcpuThreads, tell_how_long_they_have_waited_for_a_cpu) {
    if (!std::ifstream("/proc/self/schedstat")) {
        GTEST_SKIP() << "this kernel has no /proc/PID/schedstat";
    }
    cpu_set_t before;
    ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    kvm.program = run_on;
    VcpuThread& thread = add(0);
    EXPECT_EQ(thread.waited_for_cpu().count(), 0);
    thread.start();  // on the one CPU that this thread uses, too
    EXPECT_TRUE(await([&] {
        const auto until = Clock::now() + std::chrono::milliseconds(1);
        while (Clock::now() < until) {
        }
        return thread.waited_for_cpu() > std::chrono::milliseconds(2);
    }));
    const auto waited = thread.waited_for_cpu();
    thread.stop();
    thread.join();
    EXPECT_GE(thread.waited_for_cpu(), waited);
    sched_setaffinity(0, sizeof(before), &before);
}

// Failures of the harness itself. ---------------------------------------------

std::string failure(VcpuThread& thread) {
    thread.start();
    EXPECT_TRUE(await([&] { return thread.ended(); }));
    EXPECT_FALSE(thread.exit());
    try {
        thread.rethrow();
    } catch (const std::exception& error) {
        return error.what();
    }
    return {};
}

TEST_F(VcpuThreads, rethrow_what_kvm_run_failed_with) {
    kvm.program = [](Cpu& cpu) { cpu.fail(EFAULT); };
    EXPECT_EQ(failure(add(0)), "KVM_RUN (vCPU 0): Bad address");
}

TEST_F(VcpuThreads, rethrow_what_their_hook_threw) {
    kvm.program = run_on;
    hook.work = [](kvm::Vcpu& /*vcpu*/) { throw Error("the hook failed"); };
    EXPECT_EQ(failure(add(0)), "the hook failed");
}

TEST_F(VcpuThreads, rethrow_that_kvm_does_not_tell_where_the_vcpu_was) {
    kvm.program = run_on;
    kvm.failures = {{KVM_GET_REGS, EIO}};
    VcpuThread& thread = add(0);
    thread.stop();
    EXPECT_EQ(failure(thread), "KVM_GET_REGS (vCPU 0): Input/output error");
}

}  // namespace
}  // namespace nmistorm::machine
