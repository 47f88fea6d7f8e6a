// SPDX-License-Identifier: GPL-2.0-or-later
#include <fmt/format.h>

#include "base/error.h"
#include "doctor/examine.h"
#include "doctor/probe.h"
#include "plan/names.h"
#include "sources/nmi_source.h"

namespace nmistorm::doctor {
namespace {

constexpr std::uint32_t wanted = 3;

Check examine(const kvm::System& system, const image::Image& image, plan::Source which,
              plan::Apic apic = plan::Apic::x2apic) {
    Check check{"sources", std::string(plan::name(which)), Result::fail, {}};
    if (apic == plan::Apic::xapic) {
        check.name += " xapic";
    }
    try {
        Probe probe(system, image, {which}, apic);
        const sources::Sources made = sources::make_sources({which}, probe.guest());
        if (check.says = probe.begin(1); !check.says.empty()) {
            return check;
        }
        const oracle::NmiCounts before = probe.nmis();
        for (std::uint32_t i = 1; i <= wanted; ++i) {
            if (!made.made.front().source->make_nmi(0, probe.vcpu())) {
                check.says = "KVM drops its NMIs";
                return check;
            }
            if (!probe.run_until([&] { return probe.nmis().exits - before.exits == i; })) {
                check.says = probe.why_not(fmt::format("{} of {} NMIs were handled", i - 1, wanted));
                return check;
            }
        }
        check.result = Result::pass;
        check.says = fmt::format("{} of {} NMIs were handled", wanted, wanted);
    } catch (const HostCannot& cannot) {
        check.result = Result::unsupported;
        check.says = cannot.what();
    }
    return check;
}

}  // namespace

void examine_sources(const kvm::System& system, const image::Image& image, Checks& checks) {
    for (const plan::Source source : plan::all_sources()) {
        checks.push_back(examine(system, image, source));
    }
    checks.push_back(examine(system, image, plan::Source::ipi, plan::Apic::xapic));
}

}  // namespace nmistorm::doctor
