// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/fact_text.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nmistorm::report {
namespace {

namespace fact = oracle::fact;

std::string line(const oracle::Fact& fact) {
    return fact_line({{.order = 5, .vcpu = 3}, fact});
}

TEST(FactText, a_line_has_order_vcpu_name_and_what_the_fields_mean) {
    EXPECT_EQ(line(fact::Published{0x1000, 2}),
              "         5  vCPU 3   publish       callback 0x1000, generation 2");
}

TEST(FactText, each_fact_says_what_its_fields_are) {
    const struct {
        oracle::Fact fact;
        std::string ends;
    } cases[] = {
        {fact::NmiTaken{}, "nmi_taken"},
        {fact::NmiEntered{0x20, true, false, 0}, "nmi_enter     ip 0x20 from-idle"},
        {fact::NmiEntered{0x20, false, true, 0}, "nmi_enter     ip 0x20 from-offline"},
        {fact::CallbackLoaded{0x10}, "nmi_call      callback 0x10"},
        {fact::CallbackBegan{0x10}, "callback_begin  callback 0x10"},
        {fact::CallbackEnded{}, "callback_end"},
        {fact::NmiLeft{0x10, 7, true, false, 2},
         "nmi_leave     callback 0x10, generation 7 answered, 2 callbacks ran"},
        {fact::SlotLeft{7, 1, 3}, "slot          generation 7, of vCPU 1: 3"},
        {fact::NmiLeft{0x10, 7, false, true}, "nmi_leave     callback 0x10, generation 7 defaulted"},
        {fact::NmiReturned{}, "nmi_return"},
        {fact::NmiReturned{fact::NmiReturned::Changed::flags, 0, 0x2, 0x46},
         "nmi_return    changed: 0x2, was 0x46"},
        {fact::Published{0x10}, "publish       callback 0x10"},
        {fact::Retired{0x10, 7}, "retire        callback 0x10, generation 7"},
        {fact::GracePeriodBegan{9}, "gp_begin      grace period 9"},
        {fact::GracePeriodEnded{9, 274877906880}, "gp_end        grace period 9, 274877906880 ticks"},
        {fact::Allocated{.block = 0x40, .generation = 7}, "alloc         block 0x40, generation 7"},
        {fact::Freed{0x40, 7}, "free          block 0x40, generation 7"},
        {fact::Touched{0x44, 4, true}, "touch         wrote 0x44, 4 bytes"},
        {fact::Touched{0x44, 4, false}, "touch         read 0x44, 4 bytes"},
        {fact::ReaderBegan{7}, "reader_enter  generation 7"},
        {fact::ReaderEnded{7}, "reader_leave  generation 7"},
        {fact::Tripped{abi::Trip::data_magic, 0x6b6b6b6b, 7},
         "trip          data_magic, value 0x6b6b6b6b, generation 7"},
        {fact::Tripped{abi::Trip::code, 0x1025, 0}, "trip          code, value 0x1025, generation 0"},
        {fact::UpdaterDone{}, "done"},
        {fact::WentOnline{}, "cpu_online"},
        {fact::WentOffline{}, "cpu_offline"},
        {fact::CodeDestroyed{0x10, 7}, "unload        callback 0x10, generation 7"},
    };
    for (const auto& c : cases) {
        EXPECT_THAT(line(c.fact), testing::EndsWith("vCPU 3   " + c.ends));
    }
}

TEST(FactText, a_tripwire_that_the_abi_does_not_know_has_a_name_too) {
    EXPECT_EQ(name(static_cast<abi::Trip>(0)), "?");
    EXPECT_EQ(name(static_cast<abi::Trip>(999)), "?");
}

}  // namespace
}  // namespace nmistorm::report
