// SPDX-License-Identifier: GPL-2.0-or-later
// What KVMs count differently (docs/kvm-accounting.md).
#include <cstdio>

#include "guests/abi/abi_vm.h"
#include "kernel_version.h"
#include "storm.h"

namespace nmistorm {
namespace {

TEST(KvmAccounting, pending_nmis_are_told_as_a_count_from_linux_6_4_on_and_as_a_flag_before) {
    const plan::RunPlan plan;
    guests::AbiVm guest(kvm::System::open(), engines::guest_image(plan), {});
    kvm::Vcpu& vcpu = guest.vcpus().front();
    EXPECT_EQ(vcpu.events().nmi.pending, 0);
    vcpu.nmi();
    EXPECT_EQ(vcpu.events().nmi.pending, 1);
    for (int i = 0; i < 5; ++i) {
        vcpu.nmi();
    }
    EXPECT_EQ(vcpu.events().nmi.pending, kernel_version() >= std::pair(6, 4) ? 2 : 1);
}

TEST(KvmAccounting, nmi_injections_are_at_least_the_nmis_that_the_guest_entered) {
    plan::RunPlan plan;
    plan.duration.reset();
    plan.nmis = 2'000;
    const engines::StormResult result = storm_with_coverage(plan);
    expect_pass(result);
    for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
        ASSERT_TRUE(vcpu.delivery.kvm_injections) << "this KVM keeps no statistic nmi_injections";
        EXPECT_GE(*vcpu.delivery.kvm_injections, vcpu.counters.nmi_entries);
        std::printf("nmi_injections %llu for %llu entries\n",
                    static_cast<unsigned long long>(*vcpu.delivery.kvm_injections),
                    static_cast<unsigned long long>(vcpu.counters.nmi_entries));
    }
}

}  // namespace
}  // namespace nmistorm
