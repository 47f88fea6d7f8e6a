// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/arrivals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/embedded.h"

namespace nmistorm::drive {
namespace {

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
    for (const Kind kind : {Kind::lockstep}) {
        EXPECT_THAT(functions(Arrivals(paced(kind), image)),
                    UnorderedElementsAre("set_nmi_callback", "unset_nmi_callback", "synchronize_sched",
                                         "wait_for_all_cpus"));
    }
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
        EXPECT_FALSE(arrivals.covered());
        EXPECT_EQ(arrivals.reached(), i);
        arrivals.record(i % 2, all[i], 1);
    }
    EXPECT_TRUE(arrivals.covered());
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

INSTANTIATE_TEST_SUITE_P(Image, ArrivalsOn, testing::Values("guest_x86_64_none", "guest_i386_none"),
                         [](const auto& image) {
                             return std::string(image.param).find("i386") != std::string::npos ? "i386"
                                                                                               : "x86_64";
                         });

}  // namespace
}  // namespace nmistorm::drive
