// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/pacer.h"

#include <gtest/gtest.h>

#include "await.h"
#include "guests/kinds.h"
#include "image/embedded.h"
#include "kvm.h"

namespace nmistorm::sources {
namespace {

using namespace std::chrono_literals;
using fake_kvm::await;
using Kind = plan::Pace::Kind;

/// A machine of two vCPUs with NMIs at some pace.
class Paced {
  public:
    explicit Paced(plan::RunPlan plan) : plan_(std::move(plan)) {}

    void start() {
        machine_.start();
        for (unsigned cpu = 0; cpu < 2; ++cpu) {
            ASSERT_TRUE(await([&] { return guest_->online(cpu); }));
        }
    }
    Pacer& pacer() {
        if (!pacer_) {
            pacer_.emplace(plan_, *guest_, machine_, queue_);
        }
        return *pacer_;
    }
    /// Polls until everything is requested and answered.
    bool finish() {
        return await([this] {
            pacer().poll(Clock::now());
            return pacer().exhausted() && pacer().answered();
        });
    }
    std::uint32_t handled(unsigned cpu) { return guest_->nmis(cpu).exits; }
    NmiQueue& queue() { return queue_; }
    bool comes_to_rest(unsigned cpu) {
        return await([&] { return queue_.drained(machine_.vcpu(cpu), cpu); });
    }

  private:
    plan::RunPlan plan_;
    fake_kvm::Kvm kvm_;
    kvm::System system_ = kvm::System::open();
    image::Image image_ = image::embedded("guest_x86_64_none");
    std::unique_ptr<guests::Guest> guest_ = guests::kind_of(image_).boot(system_, image_, {});
    NmiQueue queue_{{.sources = make_sources(plan_.sources, *guest_).made,
                     .vcpus = 2,
                     .counts = [this](unsigned cpu) { return guest_->nmis(cpu); }}};
    machine::Machine machine_{guest_->vm(), false, queue_};
    std::optional<Pacer> pacer_;
};

plan::RunPlan paced(plan::Pace pace, std::uint64_t nmis) {
    plan::RunPlan plan;
    plan.pace = pace;
    plan.nmis = nmis;
    return plan;
}

/// Polls so often, with everything overdue, for a machine that does not run. Returns the NMIs that were
/// requested from vCPU 0.
std::uint64_t requested_of_deaf(plan::Pace pace, unsigned polls) {
    Paced paced_machine(paced(pace, 1'000));
    for (unsigned i = 0; i < polls; ++i) {
        paced_machine.pacer().poll(Clock::now() + 1h);
    }
    EXPECT_FALSE(paced_machine.pacer().answered());
    EXPECT_FALSE(paced_machine.pacer().exhausted());
    return paced_machine.pacer().requested(0);
}

TEST(Pacer, waits_for_the_answer_in_lockstep) {
    EXPECT_EQ(requested_of_deaf({Kind::lockstep, 0}, 100), 1U);
}

TEST(Pacer, waits_for_the_answer_to_a_burst) {
    EXPECT_EQ(requested_of_deaf({Kind::burst, 8}, 100), 8U);
}

TEST(Pacer, requests_one_more_as_soon_as_kvm_has_the_last_at_the_maximum) {
    EXPECT_EQ(requested_of_deaf({Kind::max, 0}, 100), 1U) << "KVM never got the first";
}

TEST(Pacer, lets_a_rate_get_behind_by_so_much_and_no_more) {
    EXPECT_EQ(requested_of_deaf({Kind::rate, 1'000}, 300), 64U);
}

TEST(Pacer, handles_one_for_one_in_lockstep) {
    Paced one(paced({Kind::lockstep, 0}, 401));
    one.start();
    EXPECT_TRUE(one.finish());
    EXPECT_EQ(one.pacer().requested(0), 201U);
    EXPECT_EQ(one.pacer().requested(1), 200U);
    EXPECT_EQ(one.handled(0), 201U);
    EXPECT_EQ(one.handled(1), 200U);
}

TEST(Pacer, deals_the_last_of_a_burst_what_is_left) {
    Paced one(paced({Kind::burst, 8}, 200));
    one.start();
    EXPECT_TRUE(one.finish());
    for (unsigned cpu = 0; cpu < 2; ++cpu) {
        EXPECT_TRUE(one.comes_to_rest(cpu));
        EXPECT_EQ(one.pacer().requested(cpu), 100U);
        EXPECT_EQ(one.queue().accepted(cpu), 100U);
        EXPECT_GE(one.handled(cpu), 13U);
        EXPECT_LE(one.handled(cpu), 26U) << "of a burst two can wait";
    }
}

TEST(Pacer, hands_everything_to_kvm_at_a_rate_and_at_the_maximum) {
    for (const plan::Pace pace : {plan::Pace{Kind::rate, 5'000}, plan::Pace{Kind::max, 0}}) {
        Paced one(paced(pace, 400));
        one.start();
        EXPECT_TRUE(one.finish());
        for (unsigned cpu = 0; cpu < 2; ++cpu) {
            EXPECT_TRUE(one.comes_to_rest(cpu));
            EXPECT_EQ(one.queue().accepted(cpu), 200U);
            EXPECT_GT(one.handled(cpu), 0U);
            EXPECT_LE(one.handled(cpu), 200U);
        }
    }
}

TEST(Pacer, requests_nothing_of_a_vcpu_that_is_no_target) {
    plan::RunPlan plan = paced({Kind::lockstep, 0}, 50);
    plan.targets = {plan::Targets::Kind::others, {}};
    Paced one(plan);
    one.start();
    EXPECT_TRUE(one.finish());
    EXPECT_EQ(one.pacer().requested(0), 0U);
    EXPECT_TRUE(one.pacer().answered(0));
    EXPECT_EQ(one.handled(0), 0U);
    EXPECT_EQ(one.handled(1), 50U);
}

}  // namespace
}  // namespace nmistorm::sources
