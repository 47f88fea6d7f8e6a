// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/event_text.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nmistorm::report {
namespace {

using abi::EventKind;

std::string line(EventKind kind, std::uint16_t flags, std::uint32_t a, std::uint32_t b) {
    return event_line({.order = 5, .vcpu = 3, .kind = kind, .flags = flags, .a = a, .b = b});
}

TEST(EventText, a_line_has_order_vcpu_kind_and_what_the_fields_mean) {
    EXPECT_EQ(line(EventKind::publish, 0, 0x1000, 2),
              "         5  vCPU 3   publish       callback 0x1000, generation 2");
}

TEST(EventText, each_kind_says_what_its_fields_are) {
    const struct {
        EventKind kind;
        std::uint16_t flags;
        std::uint32_t a, b;
        std::string ends;
    } cases[] = {
        {EventKind::nmi_enter, abi::nmi_from_idle, 0x20, 0, "nmi_enter     ip 0x20 from-idle"},
        {EventKind::nmi_call, 0, 0x10, 0, "nmi_call      callback 0x10"},
        {EventKind::nmi_leave, abi::nmi_defaulted, 0x10, 7,
         "nmi_leave     callback 0x10, generation 7 defaulted"},
        {EventKind::retire, 0, 0x10, 7, "retire        callback 0x10, generation 7"},
        {EventKind::gp_begin, 0, 9, 0, "gp_begin      grace period 9"},
        {EventKind::gp_end, 0, 9, UINT32_MAX, "gp_end        grace period 9, 274877906880 ticks"},
        {EventKind::alloc, 0, 0x40, 7, "alloc         block 0x40, generation 7"},
        {EventKind::free, 0, 0x40, 7, "free          block 0x40, generation 7"},
        {EventKind::reader_enter, 0, 7, 0, "reader_enter  generation 7"},
        {EventKind::reader_leave, 0, 7, 0, "reader_leave  generation 7"},
        {EventKind::trip, 1, 0x6b6b6b6b, 7, "trip          data_magic, value 0x6b6b6b6b, generation 7"},
        {EventKind::done, 0, 0, 0, "done"},
        {EventKind::nmi_enter, abi::nmi_from_offline, 0x20, 0, "nmi_enter     ip 0x20 from-offline"},
        {EventKind::cpu_online, 0, 0, 0, "cpu_online"},
        {EventKind::cpu_offline, 0, 0, 0, "cpu_offline"},
        {EventKind::unload, 0, 0x10, 7, "unload        callback 0x10, generation 7"},
        {EventKind::trip, 8, 0x1025, 0, "trip          code, value 0x1025, generation 0"},
    };
    for (const auto& c : cases) {
        EXPECT_THAT(line(c.kind, c.flags, c.a, c.b), testing::EndsWith(c.ends));
    }
}

TEST(EventText, what_the_abi_does_not_know_has_a_name_too) {
    EXPECT_EQ(name(static_cast<EventKind>(999)), "?");
    EXPECT_EQ(name(static_cast<abi::Trip>(0)), "?");
    EXPECT_EQ(name(static_cast<abi::Trip>(999)), "?");
    EXPECT_THAT(line(EventKind::trip, 999, 0, 0), testing::HasSubstr("?, value 0x0"));
}

}  // namespace
}  // namespace nmistorm::report
