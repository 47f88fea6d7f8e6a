// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "doctor/examine.h"
#include "doctor/probe.h"
#include "guests/stepped/lone_guest.h"
#include "guests/stepped/stepped_vcpu.h"
#include "report/figures.h"

namespace nmistorm::doctor {
namespace {

using namespace std::chrono_literals;

constexpr auto for_so_long = 200ms;

/// How often @p once can be done in a second. It says whether it was.
template <typename Once>
double rate(Once once) {
    const auto begin = Clock::now();
    std::uint64_t done = 0;
    for (; Clock::now() - begin < for_so_long && once(); ++done) {
    }
    return static_cast<double>(done) / std::chrono::duration<double>(Clock::now() - begin).count();
}

/// 0 if the slice is too short for the guest to get on.
double nmis_a_second(Probe& probe, std::chrono::nanoseconds slice) {
    const auto once = [&] {
        const std::uint32_t exits = probe.nmis().exits;
        probe.vcpu().nmi();
        return probe.run_until([&] { return probe.nmis().exits != exits; }, slice);
    };
    return once() ? rate(once) : 0;
}

double steps_a_second(const kvm::System& system, const image::Image& image) {
    guests::LoneGuest guest(system, image);
    guests::SteppedVcpu vcpu(guest.vcpu(), system);
    const machine::KickTimer timer(50ms);  // a KVM that does not step must not keep us in KVM_RUN
    return rate([&] { return vcpu.step() == guests::SteppedVcpu::Step::done; });
}

Check speed(const char* name, double figure, const char* of) {
    if (figure == 0) {
        return {"speed", name, Result::fail, "the guest did not get on", {}};
    }
    return {"speed", name, Result::pass,
            fmt::format("{} {} a second", report::grouped(report::whole(figure)), of), figure};
}

}  // namespace

void measure(const kvm::System& system, const image::Image& image, bool steps, Checks& checks) {
    double most = 0;
    {
        Probe probe(system, image);
        if (probe.begin(1).empty()) {
            for (const auto slice : {50us, 200us, 1000us}) {
                most = std::max(most, nmis_a_second(probe, slice));
            }
        }
    }
    checks.push_back(speed("NMIs", most, "NMIs in lockstep on one vCPU"));
    if (steps) {
        checks.push_back(speed("steps", steps_a_second(system, image), "instructions stepped"));
    }
}

}  // namespace nmistorm::doctor
