// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/abi_guest.h"

#include <gmock/gmock.h>

#include "await.h"
#include "base/error.h"
#include "image/embedded.h"
#include "kvm.h"
#include "machine/machine.h"

namespace nmistorm::guests {
namespace {

using fake_kvm::await;

class NoHook : public machine::RunHook {
    machine::Turn before_run(unsigned /*cpu*/, kvm::Vcpu& /*vcpu*/) override { return {}; }
};

class AbiGuestOnFakeKvm : public testing::Test {
  protected:
    bool comes_online(const Guest& guest, unsigned cpu) {
        return await([&] { return guest.online(cpu); });
    }

    fake_kvm::Kvm kvm;
    NoHook hook;
    kvm::System system = kvm::System::open();
    image::Image image = image::embedded("guest_x86_64_none");
};

TEST_F(AbiGuestOnFakeKvm, brings_every_vcpu_online_and_ends_when_it_is_asked_to_finish) {
    AbiGuest guest(system, image, {.vcpus = 3});
    machine::Machine machine(guest.vm(), false, hook);
    machine.start();
    for (unsigned cpu = 0; cpu < 3; ++cpu) {
        EXPECT_TRUE(comes_online(guest, cpu)) << cpu;
    }
    guest.ask_to_finish();
    EXPECT_TRUE(await([&] { return guest.finished(); }));
    machine.stop();
    machine.stop();
    for (unsigned cpu = 0; cpu < 3; ++cpu) {
        EXPECT_TRUE(machine.vcpu(cpu).ended());
        EXPECT_FALSE(machine.vcpu(cpu).exit());
        machine.vcpu(cpu).rethrow();
    }
}

TEST_F(AbiGuestOnFakeKvm, starts_a_hotplugged_vcpu_when_it_is_told) {
    AbiGuest guest(system, image, {.hotplug = true});
    machine::Machine machine(guest.vm(), true, hook);
    machine.start();
    EXPECT_TRUE(comes_online(guest, 0));
    EXPECT_FALSE(machine.vcpu(1).started());
    EXPECT_FALSE(guest.online(1));
    machine.start_last();
    EXPECT_TRUE(await([&] { return guest.online(1); }));
}

TEST_F(AbiGuestOnFakeKvm, can_be_destroyed_whether_it_was_started_or_not) {
    for (int i = 0; i < 10; ++i) {
        AbiGuest guest(system, image, {});
        machine::Machine machine(guest.vm(), false, hook);
        if (i % 2 != 0) {
            machine.start();
        }
    }
}

TEST_F(AbiGuestOnFakeKvm, has_rings_that_fill_while_it_runs) {
    AbiGuest guest(system, image, {});
    machine::Machine machine(guest.vm(), false, hook);
    machine.start();
    std::vector<abi::Event> events;
    EXPECT_TRUE(await([&] {
        EXPECT_TRUE(guest.ring(0, abi::RingOf::task).drain(events));
        return events.size() > 1'000;
    }));
    EXPECT_EQ(events.front().kind, abi::EventKind::publish);
}

TEST_F(AbiGuestOnFakeKvm, is_refused_where_kvm_has_not_so_many_vcpus) {
    kvm.capabilities[KVM_CAP_MAX_VCPUS] = 2;
    try {
        const AbiGuest refused(system, image, {.vcpus = 3});
        FAIL() << "nothing was thrown";
    } catch (const HostCannot& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("at most 2 vCPUs"));
    }
}

TEST_F(AbiGuestOnFakeKvm, names_the_request_that_its_making_failed_on) {
    for (const auto& [number, name] : {std::pair(KVM_CREATE_VM, "KVM_CREATE_VM"),
                                       {KVM_CREATE_IRQCHIP, "KVM_CREATE_IRQCHIP"},
                                       {KVM_SET_USER_MEMORY_REGION, "KVM_SET_USER_MEMORY_REGION"},
                                       {KVM_CREATE_VCPU, "KVM_CREATE_VCPU"},
                                       {KVM_SET_CPUID2, "KVM_SET_CPUID2"},
                                       {KVM_SET_SREGS, "KVM_SET_SREGS"},
                                       {KVM_SET_REGS, "KVM_SET_REGS"},
                                       {KVM_SET_MP_STATE, "KVM_SET_MP_STATE"}}) {
        kvm.failures = {{number, ENOMEM}};
        try {
            const AbiGuest failed(system, image, {});
            ADD_FAILURE() << name << ": nothing was thrown";
        } catch (const Error& error) {
            EXPECT_THAT(error.what(), testing::StartsWith(name));
        }
    }
}

}  // namespace
}  // namespace nmistorm::guests
