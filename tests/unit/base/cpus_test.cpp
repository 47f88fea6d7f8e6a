// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cpus.h"

#include <gtest/gtest.h>

#include <thread>

namespace nmistorm {
namespace {

TEST(CpusOfThisProcess, are_those_that_its_affinity_allows) {
    unsigned seen = 0;
    std::thread([&seen] {  // a thread has its own affinity
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(sched_getcpu(), &one);
        ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
        seen = cpus_of_this_process();
    })
        .join();
    EXPECT_EQ(seen, 1U);
}

}  // namespace
}  // namespace nmistorm
