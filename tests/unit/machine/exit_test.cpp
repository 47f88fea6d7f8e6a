// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/exit.h"

#include <gtest/gtest.h>

#include <nmistorm/abi/cpu_page.h>

namespace nmistorm::machine {
namespace {

kvm_run exit_of(unsigned reason) {
    kvm_run run{};
    run.exit_reason = reason;
    return run;
}

TEST(Exit, is_a_panic_where_the_guest_wrote_to_the_panic_port) {
    kvm_run run = exit_of(KVM_EXIT_IO);
    run.io.direction = KVM_EXIT_IO_OUT;
    run.io.port = abi::panic_port;
    EXPECT_TRUE(describe_exit(run).panic);
    run.io.direction = KVM_EXIT_IO_IN;
    EXPECT_FALSE(describe_exit(run).panic);
    EXPECT_EQ(describe_exit(run).name, "KVM_EXIT_IO (in from port 0xf4)");
}

TEST(Exit, names_the_address_where_there_is_no_memory) {
    kvm_run run = exit_of(KVM_EXIT_MMIO);
    run.mmio.phys_addr = 0xdead000;
    run.mmio.is_write = 1;
    EXPECT_EQ(describe_exit(run).name, "KVM_EXIT_MMIO (write to 0xdead000, where there is no memory)");
}

TEST(Exit, tells_what_kvm_says_of_it) {
    kvm_run run = exit_of(KVM_EXIT_INTERNAL_ERROR);
    run.internal.suberror = 1;
    EXPECT_EQ(describe_exit(run).name, "KVM_EXIT_INTERNAL_ERROR (suberror 1)");
    run = exit_of(KVM_EXIT_FAIL_ENTRY);
    run.fail_entry.hardware_entry_failure_reason = 0x80000021;
    EXPECT_EQ(describe_exit(run).name, "KVM_EXIT_FAIL_ENTRY (hardware reason 0x80000021)");
    run = exit_of(KVM_EXIT_SYSTEM_EVENT);
    run.system_event.type = 2;
    EXPECT_EQ(describe_exit(run).name, "KVM_EXIT_SYSTEM_EVENT (type 2)");
    EXPECT_EQ(describe_exit(exit_of(KVM_EXIT_HLT)).name, "KVM_EXIT_HLT");
}

}  // namespace
}  // namespace nmistorm::machine
