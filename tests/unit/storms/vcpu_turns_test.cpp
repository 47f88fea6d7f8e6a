// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/vcpu_turns.h"

#include <gtest/gtest.h>

#include "await.h"
#include "guests/abi/abi_guest.h"
#include "image/embedded.h"
#include "kvm.h"

namespace nmistorm::engines {
namespace {

using namespace std::chrono_literals;
using fake_kvm::await;

/// A machine of two vCPUs that run the guest's own code, whose events nobody reads but the test.
class VcpuTurnsTest : public testing::Test {
  protected:
    VcpuTurnsTest() { turns.watch(machine); }

    void start() {
        machine.start();
        for (unsigned cpu = 0; cpu < 2; ++cpu) {
            ASSERT_TRUE(await([&] { return guest.online(cpu); }));
            turns.set_slice(cpu, 200us);
        }
    }
    std::uint32_t swaps() { return guest.work().swaps; }
    std::uint32_t handled(unsigned cpu) { return guest.nmis(cpu).exits; }
    void read_events() {
        for (unsigned cpu = 0; cpu < 2; ++cpu) {
            for (const auto which : {abi::RingOf::task, abi::RingOf::nmi}) {
                std::vector<abi::Event> events;
                EXPECT_TRUE(guest.ring(cpu, which).drain(events));
                EXPECT_EQ(guest.ring(cpu, which).lost(), 0U);
            }
        }
    }

    fake_kvm::Kvm kvm;
    kvm::System system = kvm::System::open();
    plan::RunPlan plan;
    guests::AbiGuest guest{system, image::embedded("guest_x86_64_none"), {}};
    sources::NmiQueue queue{{.sources = sources::make_sources(plan.sources, guest).made,
                             .vcpus = 2,
                             .counts = [this](unsigned cpu) { return guest.nmis(cpu); }}};
    std::optional<sources::Pacer> pacer;
    VcpuTurns turns{plan, guest, queue};
    machine::Machine machine{guest.vm(), false, turns};
};

TEST_F(VcpuTurnsTest, hold_a_vcpu_before_its_ring_is_full_until_its_events_are_read) {
    start();
    for (int round = 0; round < 5; ++round) {
        ASSERT_TRUE(turns.wakeup().sleep(Clock::now() + 120s)) << "no vCPU was held";
        ASSERT_GT(guest.ring(0, abi::RingOf::task).unread(), guest.abi_vm().layout().ring_events / 2);
        const std::uint32_t before = swaps();
        read_events();
        turns.release();
        ASSERT_TRUE(await([&] { return swaps() > before; })) << "the vCPU is held although there is room";
    }
    machine.stop();
    read_events();
    EXPECT_GE(turns.holds(), 5U);
}

TEST_F(VcpuTurnsTest, hold_no_vcpu_whose_head_is_where_no_producer_can_have_moved_it) {
    machine::store(guest.abi_vm().cpu_page(0).rings[0].head, 0x8000'0000U);
    start();
    EXPECT_TRUE(await([&] { return swaps() > 10; }));
}

TEST_F(VcpuTurnsTest, inject_for_every_target_until_told_to_stop) {
    start();
    plan.targets = {plan::Targets::Kind::list, {1}};
    pacer.emplace(plan, guest, machine, queue);
    turns.inject(&*pacer);
    EXPECT_TRUE(await([&] {
        read_events();
        turns.release();
        return handled(1) > 100;
    }));
    turns.relieve(true);
    EXPECT_TRUE(await([&] {  // a turn may have begun
        const std::uint64_t before = pacer->requested(1);
        const std::uint32_t swapped = swaps();
        EXPECT_TRUE(await([&] {
            read_events();
            turns.release();
            return swaps() > swapped + 100;
        }));
        return pacer->requested(1) == before;
    })) << "NMIs come all the same";
    turns.relieve(false);
    const std::uint32_t relieved = handled(1);
    EXPECT_TRUE(await([&] {
        read_events();
        turns.release();
        return handled(1) > relieved;
    })) << "no NMI comes after the relief";
    turns.inject(nullptr);
    EXPECT_TRUE(await([&] {
        read_events();
        turns.release();
        return queue.drained(machine.vcpu(0), 0) && queue.drained(machine.vcpu(1), 1);
    }));
    const std::uint32_t all = handled(1);
    EXPECT_EQ(all, pacer->requested(1)) << "an NMI was injected after the vCPU was said to be drained";
    EXPECT_EQ(queue.accepted(1), all);
    EXPECT_EQ(handled(0), 0U);
    machine.stop();
    EXPECT_EQ(handled(1), all);
    EXPECT_GE(turns.slices().count(), all);
}

}  // namespace
}  // namespace nmistorm::engines
