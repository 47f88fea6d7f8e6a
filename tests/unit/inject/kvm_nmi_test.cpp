// SPDX-License-Identifier: GPL-2.0-or-later
#include "inject/kvm_nmi.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "await.h"
#include "kvm.h"
#include "kvm/system.h"
#include "kvm/vm.h"

namespace nmistorm::inject {
namespace {

using fake_kvm::await;
using fake_kvm::Cpu;

/// One vCPU whose handler counts, and stays until the test releases it.
class Source : public testing::Test {
  protected:
    Source() {
        kvm.program = [this](Cpu& cpu) {
            cpu.on_nmi = [this, &cpu] {
                ++entered;
                do {
                    cpu.instruction();
                } while (hold);
                ++left;
            };
            while (true) {
                cpu.halt();
            }
        };
        thread.start();
    }
    void request(std::uint32_t nmis) {
        requested += nmis;
        source.request(thread, 0, nmis);
    }
    bool comes_to_rest() {
        return await([this] { return source.drained(thread, 0); });
    }

    fake_kvm::Kvm kvm;
    std::atomic<bool> hold = false;
    std::atomic<unsigned> entered = 0;
    std::atomic<unsigned> left = 0;
    std::uint64_t requested = 0;
    std::vector<std::uint32_t> batches;  ///< of the vCPU's thread
    KvmNmi source{1, [this](unsigned /*cpu*/, const kvm::Vcpu& /*vcpu*/, std::uint32_t nmis) {
                      batches.push_back(nmis);
                  }};
    kvm::System system = kvm::System::open();
    kvm::Vm vm{system};
    machine::VcpuThread thread{0, vm.create_vcpu(0), source};
};

TEST_F(Source, hands_over_every_request_while_others_come) {
    for (unsigned i = 0; i < 3'000; ++i) {
        request(1 + i % 3);
    }
    EXPECT_TRUE(await([this] { return source.idle(0); }));
    EXPECT_TRUE(comes_to_rest());
    thread.stop();
    thread.join();
    thread.rethrow();
    EXPECT_EQ(source.accepted(0), requested);
    std::uint64_t in_batches = 0;
    for (const std::uint32_t batch : batches) {
        in_batches += batch;
    }
    EXPECT_EQ(in_batches, requested);
    EXPECT_EQ(entered, left);
    EXPECT_LE(entered, requested);
    EXPECT_GE(entered, 1U) << "batches between which the guest did not run are one to it";
}

TEST_F(Source, hands_over_a_burst_at_once_of_which_two_come) {
    request(8);
    EXPECT_TRUE(comes_to_rest());
    EXPECT_EQ(entered, 2U);
    EXPECT_EQ(source.accepted(0), 8U);
    thread.stop();
    thread.join();
    EXPECT_EQ(batches, std::vector<std::uint32_t>{8});
}

TEST_F(Source, is_not_drained_while_the_guest_has_an_nmi_in_hand_or_one_is_pending) {
    EXPECT_TRUE(source.drained(thread, 0)) << "nothing was requested";
    hold = true;
    request(2);
    ASSERT_TRUE(await([this] { return source.idle(0) && entered == 1; }));
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(source.drained(thread, 0));
    }
    hold = false;
    EXPECT_TRUE(comes_to_rest());
    EXPECT_EQ(left, 2U);
}

TEST_F(Source, is_not_drained_by_what_was_said_before_a_request) {
    // A poll after the request must not get an answer from before the request.
    for (unsigned i = 1; i <= 1'000; ++i) {
        request(1);
        ASSERT_TRUE(comes_to_rest());
        ASSERT_EQ(left, i);
    }
}

}  // namespace
}  // namespace nmistorm::inject
