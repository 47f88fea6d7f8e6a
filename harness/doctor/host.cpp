// SPDX-License-Identifier: GPL-2.0-or-later
#include <fstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "doctor/examine.h"

namespace nmistorm::doctor {
namespace {

/// Of kvm_amd and kvm_intel, those on which NMIs depend.
constexpr const char* parameters[] = {
    "npt",          "nrips",           "vgif", "vnmi", "avic", "ept", "vpid", "unrestricted_guest",
    "enable_apicv", "preemption_timer"};

}  // namespace

std::string parameters_of(const std::string& backend) {
    std::vector<std::string> found;
    for (const char* parameter : parameters) {
        std::ifstream file(fmt::format("/sys/module/{}/parameters/{}", backend, parameter));
        std::string value;
        if (std::getline(file, value)) {
            found.push_back(fmt::format("{}={}", parameter, value));
        }
    }
    return fmt::format("{}", fmt::join(found, ", "));
}

std::optional<kvm::System> examine_host(Checks& checks) {
    const auto add = [&checks](const char* name, Result result, std::string says) {
        checks.push_back({"host", name, result, std::move(says)});
    };
    std::optional<kvm::System> system;
    try {
        system.emplace(kvm::System::open());
    } catch (const HostCannot& cannot) {
        add("/dev/kvm", Result::fail, cannot.what());
        return {};
    }
    add("/dev/kvm", Result::pass,
        fmt::format("KVM API version {}, up to {} vCPUs", KVM_API_VERSION, system->max_vcpus()));
    const std::string backend = kvm::backend();
    const bool known = backend != "unknown";
    const std::string kernel = kvm::kernel_release();
    add("backend", known ? Result::pass : Result::unsupported,
        known ? fmt::format("{} of Linux {}", backend, kernel)
              : fmt::format("neither kvm_intel nor kvm_amd is loaded as a module, Linux {}", kernel));
    const std::string found = parameters_of(backend);
    add("parameters", found.empty() ? Result::unsupported : Result::pass,
        found.empty() ? "the backend has none that concern NMIs" : found);
    return system;
}

}  // namespace nmistorm::doctor
