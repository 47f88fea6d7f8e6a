// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "machine.h"
#include "work/ipi.h"

namespace {

std::vector<uint32_t> sent_to;

/// Each CPU calls send_ipis() when the test says so.
class Ipis : public testing::Test {
  protected:
    Ipis() {
        boot->ipis = shared::Ipis::x2apic;
        sent_to.clear();
        fake::on_send_nmi = [](uint32_t id) { sent_to.push_back(id); };
    }
    ~Ipis() override { fake::on_send_nmi = nullptr; }

    static shared::CpuPage& page(uint32_t cpu) { return per_cpu(cpu)->page; }

    FakeMachine machine_{3};
};

TEST_F(Ipis, are_sent_by_any_cpu_to_others_first) {
    page(0).ipis_wanted = 1;
    page(1).ipis_wanted = 2;
    FakeMachine::as(1, send_ipis);
    EXPECT_EQ(sent_to, (std::vector<uint32_t>{0, 1, 1}));
    EXPECT_EQ(page(0).ipis_sent, 1U);
    EXPECT_EQ(page(1).ipis_sent, 2U);
    FakeMachine::as(2, send_ipis);
    EXPECT_EQ(sent_to.size(), 3U) << "there is none left";
}

TEST_F(Ipis, are_sent_in_the_mode_that_the_host_says) {
    for (const bool xapic : {true, false}) {
        boot->ipis = xapic ? shared::Ipis::xapic : shared::Ipis::x2apic;
        ++page(1).ipis_wanted;
        send_ipis();
        EXPECT_EQ(fake::sent_by_xapic, xapic);
    }
    EXPECT_EQ(sent_to.size(), 2U);
}

TEST_F(Ipis, are_not_sent_unless_the_host_says_how) {
    boot->ipis = shared::Ipis::none;
    page(0).ipis_wanted = 1;
    send_ipis();
    EXPECT_TRUE(sent_to.empty());
}

TEST_F(Ipis, are_sent_where_the_number_wraps) {
    page(2).ipis_wanted = 1;
    page(2).ipis_sent = UINT32_MAX;
    per_cpu(2)->ipis_taken = UINT32_MAX;
    send_ipis();
    EXPECT_EQ(sent_to, (std::vector<uint32_t>{2, 2}));
    EXPECT_EQ(page(2).ipis_sent, 1U);
}

TEST_F(Ipis, are_sent_once_if_two_cpus_look_at_the_same_time) {
    page(2).ipis_wanted = 2;
    fake::on_send_nmi = [](uint32_t id) {
        sent_to.push_back(id);
        if (sent_to.size() == 1) {
            EXPECT_EQ(page(2).ipis_sent, 0U) << "it is not sent before it was";
            FakeMachine::as(1, send_ipis);  // while CPU 0 is in the middle of it
        }
    };
    send_ipis();
    EXPECT_EQ(sent_to.size(), 2U);
    EXPECT_EQ(page(2).ipis_sent, 2U);
}

}  // namespace
