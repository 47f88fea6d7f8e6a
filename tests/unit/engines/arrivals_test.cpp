// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/arrivals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/embedded.h"

namespace nmistorm::engines {
namespace {

using namespace std::chrono_literals;
using testing::UnorderedElementsAre;
using Kind = plan::Pace::Kind;

plan::RunPlan paced(Kind pace) {
    plan::RunPlan plan;
    plan.pace.kind = pace;
    plan.pace.n = 2;
    return plan;
}

std::vector<std::string> functions(const Arrivals& arrivals) {
    std::vector<std::string> names;
    for (const oracle::ArrivalsIn& in : arrivals.result()) {
        names.push_back(in.function);
    }
    return names;
}

class ArrivalsOn : public testing::TestWithParam<const char*> {
  protected:
    image::Image image = image::embedded(GetParam());
};

TEST_P(ArrivalsOn, are_counted_in_nmi_code_if_an_nmi_can_come_there) {
    EXPECT_THAT(functions(Arrivals(paced(Kind::lockstep), image)),
                UnorderedElementsAre("set_nmi_callback", "unset_nmi_callback", "synchronize_sched",
                                     "wait_for_all_cpus"));
    for (const Kind kind : {Kind::burst, Kind::rate, Kind::max}) {
        EXPECT_THAT(functions(Arrivals(paced(kind), image)),
                    UnorderedElementsAre("set_nmi_callback", "unset_nmi_callback", "synchronize_sched",
                                         "wait_for_all_cpus", "do_nmi", "rcu_nmi_enter", "rcu_nmi_exit"));
    }
}

TEST_P(ArrivalsOn, cover_everything_once_each_instruction_had_one_on_any_vcpu) {
    Arrivals arrivals(paced(Kind::max), image);
    std::vector<GuestVirt> all;
    for (const oracle::ArrivalsIn& in : arrivals.result()) {
        EXPECT_EQ(in.nmis, 0U);
        EXPECT_EQ(in.reached(), 0U);
        EXPECT_GE(in.by_instruction.size(), 2U) << in.function;
        EXPECT_EQ(in.by_instruction.front().instruction.value, image.symbol(in.function)->address.value);
        for (const auto& at : in.by_instruction) {
            all.push_back(at.instruction);
        }
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_NE(arrivals.reached(), arrivals.instructions());
        EXPECT_EQ(arrivals.reached(), i);
        arrivals.record(i % 2, all[i], 1);
    }
    EXPECT_EQ(arrivals.reached(), arrivals.instructions());
    arrivals.record(1, all[0], 2);
    for (const oracle::ArrivalsIn& in : arrivals.result()) {
        EXPECT_EQ(in.reached(), in.by_instruction.size());
        const bool first = in.by_instruction.front().instruction.value == all[0].value;
        EXPECT_EQ(in.nmis, in.by_instruction.size() + (first ? 2 : 0));
    }
}

TEST_P(ArrivalsOn, elsewhere_are_not_counted) {
    Arrivals arrivals(paced(Kind::max), image);
    const image::Symbol symbol = *image.symbol("do_nmi");
    for (const std::uint64_t ip :
         {std::uint64_t{0}, symbol.address.value - 1, symbol.address.value + symbol.size,
          image.symbol("kfree")->address.value, ~std::uint64_t{0}}) {
        arrivals.record(0, {ip}, 1);
    }
    for (const oracle::ArrivalsIn& in : arrivals.result()) {
        EXPECT_EQ(in.nmis, 0U) << in.function;
    }
}

TEST(Saturation, comes_with_the_last_instruction) {
    Saturation saturation;
    EXPECT_FALSE(saturation.look(99, 100, 1s));
    EXPECT_TRUE(saturation.look(100, 100, 1s));
}

TEST(Saturation, comes_after_as_long_without_a_further_one_as_it_took_to_come_so_far) {
    Saturation saturation;
    EXPECT_FALSE(saturation.look(50, 100, 2s));
    EXPECT_FALSE(saturation.look(50, 100, 12s - 1ns)) << "ten seconds at least";
    EXPECT_FALSE(saturation.look(60, 100, 12s));
    EXPECT_FALSE(saturation.look(60, 100, 24s - 1ns));
    EXPECT_TRUE(saturation.look(60, 100, 24s));
}

TEST(Saturation, does_not_come_before_the_first_arrival) {
    EXPECT_FALSE(Saturation().look(0, 100, 1h));
}

INSTANTIATE_TEST_SUITE_P(Image, ArrivalsOn, testing::Values("guest_x86_64_none", "guest_i386_none"),
                         [](const auto& image) {
                             return std::string(image.param).find("i386") != std::string::npos ? "i386"
                                                                                               : "x86_64";
                         });

}  // namespace
}  // namespace nmistorm::engines
