// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/runs_guests.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "inject/kvm_nmi.h"
#include "machine/machine.h"

namespace nmistorm::doctor {
namespace {

using namespace std::chrono_literals;

constexpr auto patience_cpu = 500ms;  // CPU time of the vCPU's thread, so that a busy host does not matter
constexpr auto patience_wall = 10s;   // for a vCPU that sleeps and never wakes up
constexpr std::uint32_t nmis = 2;

/// The reason why the probe ended early; empty if it did not.
std::string probe(const kvm::System& system, const image::Image& image) {
    inject::KvmNmi source(1, [](unsigned, const kvm::Vcpu&, std::uint32_t) {});
    machine::Machine machine(system, image, {.vcpus = 1, .events = false}, source);
    machine.start();
    const auto give_up = Clock::now() + patience_wall;
    machine::VcpuThread& vcpu = machine.vcpu(0);
    const abi::CpuPage& page = machine.cpu_page(0);
    std::uint32_t requested = 0;
    while (!vcpu.ended() && vcpu.cpu_time() < patience_cpu && Clock::now() < give_up) {
        const std::uint32_t returned = machine::load(page.counters.nmi_exits);
        if (returned == nmis) {
            return {};
        }
        if (machine::load(page.state) == abi::CpuState::online && requested == returned) {
            source.request(vcpu, 0, 1);
            ++requested;
        }
        std::this_thread::sleep_for(100us);
    }
    machine.stop();
    vcpu.rethrow();
    const std::uint32_t returned = machine::load(page.counters.nmi_exits);
    if (returned == nmis) {
        return {};  // nobody checked during this time
    }
    if (vcpu.exit()) {
        return fmt::format("its vCPU stopped with {} at {}", vcpu.exit()->name,
                           image.describe(vcpu.final_ip()));
    }
    return requested == 0 ? "it did not come online"
                          : fmt::format("it returned from {} of {} NMIs", returned, requested);
}

}  // namespace

void require_runs(const kvm::System& system, const image::Image& image) {
    const std::string failure = probe(system, image);
    if (!failure.empty()) {
        const bool i386 = image.machine() == image::ElfMachine::i386;
        throw HostCannot(
            fmt::format("this host's KVM ({}) cannot run {} guests: a probe guest was started and {}: "
                        "use scripts/nested, or a host with kvm_intel or kvm_amd",
                        kvm::backend(), i386 ? "i386" : "x86-64", failure));
    }
}

}  // namespace nmistorm::doctor
