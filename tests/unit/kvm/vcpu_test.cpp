// SPDX-License-Identifier: GPL-2.0-or-later
#include "kvm/vcpu.h"

#include <gmock/gmock.h>
#include <pthread.h>

#include <csignal>

#include "base/error.h"
#include "kvm.h"
#include "kvm/system.h"
#include "kvm/vm.h"

namespace nmistorm::kvm {
namespace {

using fake_kvm::Cpu;

/// One vCPU that runs @p program.
class VcpuOf {
  public:
    explicit VcpuOf(fake_kvm::Program program) { kvm_.program = std::move(program); }
    fake_kvm::Kvm& kvm() { return kvm_; }
    Vcpu& vcpu() { return vcpu_; }

  private:
    fake_kvm::Kvm kvm_;
    System system_ = System::open();
    Vm vm_{system_};
    Vcpu vcpu_ = vm_.create_vcpu(3);
};

void idle(Cpu& cpu) {
    while (true) {
        cpu.halt();
    }
}

void count_nmis(Cpu& cpu, unsigned& nmis) {
    cpu.on_nmi = [&cpu, &nmis] {
        ++nmis;
        cpu.instruction();
    };
    while (true) {
        cpu.exit([](kvm_run& run) { run.exit_reason = KVM_EXIT_DEBUG; });
        cpu.instruction();
    }
}

TEST(Vcpu, that_was_kicked_does_not_run_until_that_is_taken_back) {
    unsigned entered = 0;
    VcpuOf one([&entered](Cpu& cpu) {
        while (true) {
            ++entered;
            cpu.exit([](kvm_run& run) { run.exit_reason = KVM_EXIT_HYPERCALL; });
        }
    });
    one.vcpu().kick();
    EXPECT_FALSE(one.vcpu().run());
    EXPECT_FALSE(one.vcpu().run());
    EXPECT_EQ(entered, 0U);
    one.vcpu().clear_kick();
    EXPECT_TRUE(one.vcpu().run());
    EXPECT_EQ(entered, 1U);
    EXPECT_EQ(one.vcpu().state().exit_reason, static_cast<__u32>(KVM_EXIT_HYPERCALL));
}

TEST(Vcpu, goes_on_after_eagain_as_after_a_kick) {
    VcpuOf one([](Cpu& cpu) {
        cpu.fail(EAGAIN);
        cpu.exit([](kvm_run& run) { run.exit_reason = KVM_EXIT_SHUTDOWN; });
    });
    EXPECT_FALSE(one.vcpu().run());
    EXPECT_TRUE(one.vcpu().run());
}

TEST(Vcpu, that_cannot_run_is_an_error_that_names_it) {
    VcpuOf one([](Cpu& cpu) { cpu.fail(EFAULT); });
    try {
        one.vcpu().run();
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "KVM_RUN (vCPU 3): Bad address");
    }
}

TEST(Vcpu, takes_two_of_the_nmis_that_come_at_once) {
    unsigned nmis = 0;
    VcpuOf one([&nmis](Cpu& cpu) { count_nmis(cpu, nmis); });
    one.vcpu().run();
    for (int i = 0; i < 5; ++i) {
        one.vcpu().nmi();
    }
    EXPECT_EQ(one.vcpu().events().nmi.pending, 2);
    one.vcpu().run();
    EXPECT_EQ(nmis, 2U);
    EXPECT_EQ(one.vcpu().events().nmi.pending, 0);
    EXPECT_EQ(one.vcpu().statistics().read("nmi_injections"), 2U);
    EXPECT_EQ(one.vcpu().statistics().read("exits"), std::nullopt);
}

TEST(Vcpu, keeps_one_nmi_back_while_they_are_masked) {
    unsigned nmis = 0;
    VcpuOf one([&nmis](Cpu& cpu) { count_nmis(cpu, nmis); });
    one.vcpu().run();
    kvm_vcpu_events events = one.vcpu().events();
    events.flags = 0;  // what is pending stays
    events.nmi.masked = 1;
    one.vcpu().set_events(events);
    one.vcpu().nmi();
    one.vcpu().nmi();
    one.vcpu().run();
    EXPECT_EQ(nmis, 0U);
    EXPECT_EQ(one.vcpu().events().nmi.pending, 1);
    events.nmi.masked = 0;
    one.vcpu().set_events(events);
    one.vcpu().run();
    EXPECT_EQ(nmis, 1U);
}

TEST(Vcpu, gives_back_the_registers_that_it_was_given) {
    VcpuOf one(idle);
    kvm_regs regs{};
    regs.rip = 0x1234;
    one.vcpu().set_regs(regs);
    EXPECT_EQ(one.vcpu().regs().rip, 0x1234U);
    kvm_sregs sregs{};
    sregs.cr3 = 0x5000;
    one.vcpu().set_sregs(sregs);
    EXPECT_EQ(one.vcpu().sregs().cr3, 0x5000U);
}

TEST(Vcpu, of_a_kvm_that_keeps_no_statistics_has_none) {
    VcpuOf one(idle);
    one.kvm().failures = {{KVM_GET_STATS_FD, ENOTTY}, {KVM_GET_TSC_KHZ, EIO}};
    EXPECT_EQ(one.vcpu().statistics().read("nmi_injections"), std::nullopt);
    EXPECT_EQ(one.vcpu().tsc_khz(), 0U);
}

TEST(Vcpu, is_not_stepped_by_a_kvm_that_cannot) {
    VcpuOf one(idle);
    EXPECT_THROW(one.vcpu().begin_stepping(System::open()), HostCannot);
}

TEST(Vcpu, whose_thread_blocks_the_kick_signal_runs_on_until_it_is_let_in) {
    // What the fake shares with KVM: a signal ends KVM_RUN if the thread does not block it, and is taken
    // after it.
    static volatile sig_atomic_t came;
    struct sigaction count {};
    count.sa_handler = [](int) { came = 1; };
    struct sigaction before {};
    ASSERT_EQ(sigaction(SIGUSR2, &count, &before), 0);
    VcpuOf one([](Cpu& cpu) {
        for (int i = 0; i < 100; ++i) {
            cpu.instruction();
        }
        cpu.exit([](kvm_run& run) { run.exit_reason = KVM_EXIT_SHUTDOWN; });
    });
    sigset_t kick;
    sigemptyset(&kick);
    sigaddset(&kick, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &kick, nullptr);
    pthread_kill(pthread_self(), SIGUSR2);
    EXPECT_TRUE(one.vcpu().run());
    EXPECT_EQ(came, 0);
    pthread_sigmask(SIG_UNBLOCK, &kick, nullptr);
    EXPECT_EQ(came, 1);
    sigaction(SIGUSR2, &before, nullptr);
}

}  // namespace
}  // namespace nmistorm::kvm
