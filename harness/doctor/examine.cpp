// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/examine.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "doctor/runs_guests.h"
#include "doctor/steps_guests.h"
#include "image/embedded.h"
#include "plan/names.h"

namespace nmistorm::doctor {
namespace {

constexpr std::string_view result_names[] = {"PASS", "FAIL", "UNSUPPORTED"};

/// Whether @p require is fulfilled.
template <typename Require>
Check examine(const char* about, plan::Arch arch, const char* can, Require require) {
    Check check{about, std::string(plan::name(arch)), Result::pass, can};
    try {
        require();
    } catch (const HostCannot& cannot) {
        check.result = Result::unsupported;
        check.says = cannot.what();
    }
    return check;
}

}  // namespace

std::string_view name(Result result) {
    return result_names[static_cast<std::size_t>(result)];
}

Checks examine(const std::function<bool()>& interrupted) {
    Checks checks;
    const std::optional<kvm::System> system = examine_host(checks);
    if (!system) {
        return checks;
    }
    std::optional<image::Image> runs;   // one that runs here
    std::optional<image::Image> steps;  // and can be stepped
    for (const plan::Arch arch : {plan::Arch::x86_64, plan::Arch::i386}) {
        image::Image image = image::embedded(fmt::format("guest_{}_none", plan::name(arch)));
        checks.push_back(examine("guests", arch, "storm and matrix", [&] {
            if (const std::string failure = why_not_run(*system, image); !failure.empty()) {
                throw HostCannot("a guest was started and " + failure);
            }
        }));
        if (checks.back().result == Result::pass && !runs) {
            runs = std::move(image);
        }
    }
    for (const plan::Arch arch : {plan::Arch::x86_64, plan::Arch::i386}) {
        image::Image image = image::embedded(fmt::format("guest_{}_none", plan::name(arch)));
        const bool can_run = std::ranges::any_of(checks, [arch](const Check& check) {
            return check.about == "guests" && check.name == plan::name(arch) && check.result == Result::pass;
        });
        checks.push_back(examine("stepping", arch, "explore, replay and matrix --explore", [&] {
            if (!can_run) {
                throw HostCannot("such a guest does not run here");
            }
            require_steps(*system, image);
        }));
        if (checks.back().result == Result::pass && !steps) {
            steps = std::move(image);
        }
    }
    if (runs) {
        for (const auto& part : {examine_sources, examine_nmis}) {
            if (!interrupted()) {
                part(*system, *runs, checks);
            }
        }
        if (!interrupted()) {
            measure(*system, steps ? *steps : *runs, steps.has_value(), checks);
        }
    }
    return checks;
}

bool usable(const Checks& checks) {
    return std::ranges::any_of(
        checks, [](const Check& check) { return check.about == "guests" && check.result == Result::pass; });
}

}  // namespace nmistorm::doctor
