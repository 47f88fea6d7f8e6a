// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/runs_guests.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "doctor/steps_guests.h"
#include "image/embedded.h"
#include "kvm.h"

namespace nmistorm::doctor {
namespace {

using fake_kvm::Cpu;
using testing::HasSubstr;

class Doctor : public testing::Test {
  protected:
    /// What the check says that this KVM cannot do; empty if it can run guests.
    template <typename Require>
    std::string verdict(Require require) {
        try {
            require(system, image);
        } catch (const HostCannot& error) {
            return error.what();
        }
        return {};
    }

    fake_kvm::Kvm kvm;
    kvm::System system = kvm::System::open();
    image::Image image = image::embedded("guest_x86_64_none");
};

TEST_F(Doctor, finds_a_kvm_that_runs_guests_well) {
    EXPECT_EQ(verdict(require_runs), "");
}

TEST_F(Doctor, finds_a_kvm_that_leaves_nmis_masked_after_the_first) {
    kvm.unmasks_nmis = false;
    // The check waits until the vCPU has used its CPU time, so the vCPU must not sleep.
    EXPECT_THAT(verdict(require_runs), HasSubstr("it returned from 1 of 2 NMIs"));
}

TEST_F(Doctor, finds_a_kvm_that_stops_at_once) {
    kvm.program = [](Cpu& cpu) { cpu.exit([](kvm_run& run) { run.exit_reason = KVM_EXIT_SHUTDOWN; }); };
    EXPECT_THAT(verdict(require_runs),
                AllOf(HasSubstr("x86-64 guests"),
                      HasSubstr("stopped with KVM_EXIT_SHUTDOWN (triple fault) at _start")));
}

TEST_F(Doctor, finds_a_kvm_on_which_guests_make_no_progress) {
    kvm.program = [](Cpu& cpu) {
        while (true) {
            cpu.instruction();
        }
    };
    EXPECT_THAT(verdict(require_runs), HasSubstr("it did not come online"));
}

TEST_F(Doctor, does_not_take_a_failure_of_the_harness_for_one_of_kvm) {
    kvm.failures = {{KVM_RUN, EFAULT}};
    EXPECT_THAT([this] { verdict(require_runs); },
                testing::ThrowsMessage<Error>(HasSubstr("KVM_RUN (vCPU 0): Bad address")));
}

TEST_F(Doctor, says_what_a_kvm_lacks_that_cannot_step) {
    EXPECT_THAT(verdict(require_steps), HasSubstr("lacks KVM_CAP_SET_GUEST_DEBUG or KVM_CAP_SYNC_REGS"));
}

}  // namespace
}  // namespace nmistorm::doctor
