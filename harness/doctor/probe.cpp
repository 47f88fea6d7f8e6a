// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/probe.h"

#include <ctime>

#include <fmt/format.h>

#include "guests/kinds.h"
#include "plan/run_plan.h"

namespace nmistorm::doctor {
namespace {

using namespace std::chrono_literals;

// An emulated machine counts as CPU time what its busy host takes from it: with 500 ms a guest that was fine
// did not come online there.
constexpr auto patience_cpu = 3s;
constexpr auto patience = 20s;

std::unique_ptr<guests::Guest> boot(const kvm::System& system, const image::Image& image,
                                    std::vector<plan::Source> sources, plan::Apic apic) {
    plan::RunPlan plan;
    plan.apic = apic;
    plan.sources = std::move(sources);
    plan.vcpus = 1;
    plan.observe = plan::Observe::counters;
    return guests::kind_of(image).boot(system, image, plan);
}

std::chrono::nanoseconds thread_cpu_time() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Probe::Patience::Patience() : cpu_time_(thread_cpu_time() + patience_cpu), time_(Clock::now() + patience) {}

bool Probe::Patience::over() const {
    return thread_cpu_time() > cpu_time_ || Clock::now() > time_;
}

Probe::Probe(const kvm::System& system, const image::Image& image, std::vector<plan::Source> sources,
             plan::Apic apic)
    : image_(image), guest_(boot(system, image, std::move(sources), apic)), kicked_(vcpu()) {}

void Probe::run(std::chrono::nanoseconds slice) {
    vcpu().clear_kick();
    timer_.set(slice);
    if (!exit_ && vcpu().run()) {
        exit_ = machine::describe_exit(vcpu().state());
    }
}

std::string Probe::begin(std::uint32_t nmis) {
    if (!run_until([this] { return guest_->online(0); })) {
        return why_not("it did not come online");
    }
    for (std::uint32_t i = 0; i < nmis; ++i) {
        vcpu().nmi();
        if (!run_until([this, i] { return this->nmis().exits > i; })) {
            return why_not(fmt::format("it returned from {} of {} NMIs", i, nmis));
        }
    }
    return come_to_rest() ? std::string() : why_not("it did not come to rest");
}

bool Probe::come_to_rest() {
    return run_until([this] { return !vcpu().has_nmi() && nmis().entries == nmis().exits; });
}

std::optional<std::uint32_t> Probe::handled_since(oracle::NmiCounts before) {
    return come_to_rest() ? std::optional(nmis().exits - before.exits) : std::nullopt;
}

std::string Probe::why_not(const std::string& otherwise) {
    if (!exit_) {
        return otherwise;
    }
    const GuestVirt ip{vcpu().regs().rip};
    const oracle::FatalExit exit = guest_->fatal_exit(0, *exit_, ip);
    return exit.panic ? oracle::text_of(exit)
                      : fmt::format("its vCPU stopped with {} at {}", exit_->name, image_.describe(ip));
}

}  // namespace nmistorm::doctor
