// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/nmi_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "await.h"
#include "base/error.h"
#include "guests/abi/abi_guest.h"
#include "guests/kinds.h"
#include "image/embedded.h"
#include "kvm.h"
#include "kvm/system.h"
#include "plan/names.h"
#include "sources/nmi_message.h"

namespace nmistorm::sources {
namespace {

using fake_kvm::await;
using fake_kvm::Cpu;

/// One vCPU whose handler counts, and stays until the test releases it.
class Queue : public testing::Test {
  protected:
    Queue() {
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
        queue.request(thread, 0, nmis);
    }
    bool comes_to_rest() {
        return await([this] { return queue.drained(thread, 0); });
    }

    fake_kvm::Kvm kvm;
    std::atomic<bool> hold = false;
    std::atomic<unsigned> entered = 0;
    std::atomic<unsigned> left = 0;
    std::uint64_t requested = 0;
    std::vector<std::uint32_t> batches;  ///< of the vCPU's thread
    kvm::System system = kvm::System::open();
    /// Its vCPU runs the program above.
    guests::AbiGuest guest{system, image::embedded("guest_x86_64_none"), {.vcpus = 1}};
    NmiQueue queue{{.sources = make_sources({plan::Source::kvm_nmi}, guest).made,
                    .vcpus = 1,
                    .counts =
                        [this](unsigned) {
                            return oracle::NmiCounts{entered.load(), left.load()};
                        },
                    .before_nmis = [this](unsigned /*cpu*/, const kvm::Vcpu& /*vcpu*/,
                                          std::uint32_t nmis) { batches.push_back(nmis); }}};
    machine::VcpuThread thread{0, std::move(guest.vm().vcpus().front()), queue};
};

TEST_F(Queue, hands_over_every_request_while_others_come) {
    for (unsigned i = 0; i < 3'000; ++i) {
        request(1 + i % 3);
    }
    EXPECT_TRUE(await([this] { return queue.idle(0); }));
    EXPECT_TRUE(comes_to_rest());
    thread.stop();
    thread.join();
    thread.rethrow();
    EXPECT_EQ(queue.accepted(0), requested);
    std::uint64_t in_batches = 0;
    for (const std::uint32_t batch : batches) {
        in_batches += batch;
    }
    EXPECT_EQ(in_batches, requested);
    EXPECT_EQ(entered, left);
    EXPECT_LE(entered, requested);
    EXPECT_GE(entered, 1U) << "batches between which the guest did not run are one to it";
}

TEST_F(Queue, hands_over_a_burst_at_once_of_which_two_come) {
    request(8);
    EXPECT_TRUE(comes_to_rest());
    EXPECT_EQ(entered, 2U);
    EXPECT_EQ(queue.accepted(0), 8U);
    thread.stop();
    thread.join();
    EXPECT_EQ(batches, std::vector<std::uint32_t>{8});
}

TEST_F(Queue, is_not_drained_while_the_guest_has_an_nmi_in_hand_or_one_is_pending) {
    EXPECT_TRUE(queue.drained(thread, 0)) << "nothing was requested";
    hold = true;
    request(2);
    ASSERT_TRUE(await([this] { return queue.idle(0) && entered == 1; }));
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(queue.drained(thread, 0));
    }
    hold = false;
    EXPECT_TRUE(comes_to_rest());
    EXPECT_EQ(left, 2U);
}

TEST_F(Queue, is_not_drained_by_what_was_said_before_a_request) {
    // A poll after the request must not get an answer from before the request.
    for (unsigned i = 1; i <= 1'000; ++i) {
        request(1);
        ASSERT_TRUE(comes_to_rest());
        ASSERT_EQ(left, i);
    }
}

TEST_F(Queue, has_an_msi_made_at_once_while_the_guest_runs) {
    NmiQueue msis{
        {.sources = make_sources({plan::Source::msi}, guest).made,
         .vcpus = 1,
         .counts =
             [this](unsigned) {
                 return oracle::NmiCounts{entered.load(), left.load()};
             },
         .before_nmis = [](unsigned, const kvm::Vcpu&,
                           std::uint32_t) { ADD_FAILURE() << "the vCPU's thread has nothing to make"; }}};
    for (unsigned i = 1; i <= 100; ++i) {
        msis.request(thread, 0, 1);
        EXPECT_TRUE(msis.idle(0));
        ASSERT_TRUE(await([&] { return left == i; })) << "a halted vCPU did not wake";
    }
    hold = true;
    msis.request(thread, 0, 1);
    ASSERT_TRUE(await([&] { return entered == 101; }));
    msis.request(thread, 0, 5);
    hold = false;
    // One waits if KVM sees them while NMIs are masked, two if the handler ends before that.
    ASSERT_TRUE(await([&] { return left >= 102; }));
    thread.stop();
    thread.join();
    EXPECT_LE(entered, 103U);
    EXPECT_EQ(msis.accepted(0), 106U);
    const oracle::Delivery delivery = msis.delivery(0);
    EXPECT_EQ(delivery.entries, entered);
    EXPECT_EQ(delivery.surplus, 0U);
    EXPECT_LE(delivery.at_least, entered);
    EXPECT_GE(delivery.at_most, entered);
}

TEST_F(Queue, counts_what_kvm_drops_as_not_accepted) {
    kvm.drops_msi_in = 3;
    NmiQueue msis{{.sources = make_sources({plan::Source::msi}, guest).made,
                   .vcpus = 1,
                   .counts = [](unsigned) { return oracle::NmiCounts{}; }}};
    msis.request(thread, 0, 3);
    EXPECT_EQ(msis.accepted(0), 2U);
    EXPECT_EQ(msis.accounts().front().requested, 3U);
}

/// What each source gets of @p nmis requests.
std::vector<std::uint64_t> shares(guests::Guest& guest, machine::VcpuThread& thread, std::uint64_t seed,
                                  std::uint32_t nmis) {
    NmiQueue mixed{{.sources = make_sources({plan::Source::kvm_nmi, plan::Source::msi}, guest).made,
                    .vcpus = 1,
                    .seed = seed,
                    .counts = [](unsigned) { return oracle::NmiCounts{}; }}};
    mixed.request(thread, 0, nmis);
    std::vector<std::uint64_t> shares;
    for (const oracle::SourceAccount& account : mixed.accounts()) {
        shares.push_back(account.requested);
    }
    return shares;
}

TEST_F(Queue, draws_the_source_of_each_nmi_by_the_seed) {
    const std::vector<std::uint64_t> first = shares(guest, thread, 1, 1'000);
    ASSERT_EQ(first.size(), 2U);
    EXPECT_EQ(first[0] + first[1], 1'000U);
    EXPECT_GT(first[0], 400U);
    EXPECT_GT(first[1], 400U);
    EXPECT_EQ(shares(guest, thread, 1, 1'000), first);
    EXPECT_NE(shares(guest, thread, 2, 1'000), first);
}

TEST_F(Queue, leaves_out_of_all_sources_what_kvm_lacks_and_refuses_it_alone) {
    guests::AbiGuest other(system, image::embedded("guest_x86_64_none"), {.vcpus = 1});
    EXPECT_EQ(make_sources(plan::all_sources(), other).left_out.size(), 1U) << "this guest sends no IPIs";
    kvm.capabilities[KVM_CAP_SIGNAL_MSI] = 0;
    const Sources all = make_sources(plan::all_sources(), guest);
    ASSERT_EQ(all.left_out.size(), 2U);
    EXPECT_EQ(all.left_out.front().substr(0, 47), "msi: this host's KVM lacks KVM_CAP_SIGNAL_MSI, ");
    EXPECT_EQ(all.left_out.back().substr(0, 5), "ipi: ");
    EXPECT_EQ(all.made.size() + 2, plan::all_sources().size());
    EXPECT_THROW(make_sources({plan::Source::msi}, guest), HostCannot);
}

TEST_F(Queue, sends_ipis_by_xapic_where_kvm_has_no_x2apic) {
    kvm.cpuid_functions = 1;
    for (const bool xapic : {false, true}) {
        guests::AbiGuest other(system, image::embedded("guest_x86_64_none"),
                               {.vcpus = 1, .ipis = xapic ? abi::Ipis::xapic : abi::Ipis::x2apic});
        EXPECT_EQ(other.sends_ipis(), xapic);
    }
}

TEST_F(Queue, tells_the_guest_in_which_mode_the_apics_are) {
    for (const auto& [apic, ipis] :
         {std::pair(plan::Apic::x2apic, abi::Ipis::x2apic), {plan::Apic::xapic, abi::Ipis::xapic}}) {
        plan::RunPlan plan;
        plan.sources = {plan::Source::ipi};
        plan.apic = apic;
        const auto booted = guests::abi_kind.boot(system, image::embedded("guest_x86_64_none"), plan);
        const GuestPhys boot{booted->vm().vcpus().front().regs().rdi};
        EXPECT_EQ(booted->vm().memory().at<abi::Boot>(boot).ipis, ipis);
    }
}

/// Its NMI comes when the test makes it.
class Later final : public NmiSource {
  public:
    explicit Later(std::atomic<std::uint32_t>& under_way) : under_way_(under_way) {}
    bool make_nmi(unsigned /*cpu*/, kvm::Vcpu& /*vcpu*/) override { return ++under_way_ != 0; }
    [[nodiscard]] bool comes_later() const override { return true; }
    [[nodiscard]] std::uint32_t under_way(unsigned /*cpu*/) const override { return under_way_; }

  private:
    std::atomic<std::uint32_t>& under_way_;
};

TEST_F(Queue, is_not_drained_by_an_answer_from_before_an_nmi_came) {
    std::atomic<std::uint32_t> under_way = 0;
    guests::AbiGuest other(system, image::embedded("guest_x86_64_none"), {.vcpus = 1});
    std::vector<NamedSource> sources(1);
    sources[0].source = std::make_unique<Later>(under_way);
    NmiQueue later{{.sources = std::move(sources), .vcpus = 1, .counts = [this](unsigned) {
                        return oracle::NmiCounts{entered.load(), left.load()};
                    }}};
    machine::VcpuThread runner{0, std::move(other.vm().vcpus().front()), later};
    runner.start();
    later.request(runner, 0, 1);
    ASSERT_TRUE(await([&] { return under_way != 0; }));
    for (int i = 0; i < 1'000; ++i) {  // KVM has time to answer that it has none
        ASSERT_FALSE(later.drained(runner, 0));
        sched_yield();
    }
    hold = true;
    other.vm().kvm().signal_msi(nmi_message(0));
    under_way = 0;
    EXPECT_FALSE(later.drained(runner, 0));
    hold = false;
    EXPECT_TRUE(await([&] { return later.drained(runner, 0) && left == 1; }));
}

TEST_F(Queue, counts_anew_where_it_is_told_to) {
    request(3);
    EXPECT_TRUE(comes_to_rest());
    EXPECT_EQ(queue.accepted(0), 3U);
    queue.begin_counting(0);
    request(2);
    EXPECT_TRUE(comes_to_rest());
    EXPECT_EQ(queue.accepted(0), 2U);
}

}  // namespace
}  // namespace nmistorm::sources
