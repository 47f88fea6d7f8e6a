// SPDX-License-Identifier: GPL-2.0-or-later
#include "kvm/system.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "kvm/cpuid.h"

namespace nmistorm::kvm {
namespace {

[[noreturn]] void cannot_open(const char* device, int error_number) {
    switch (error_number) {
        case ENOENT:
            throw HostCannot(
                fmt::format("there is no {}: load kvm_intel or kvm_amd, or give this virtual machine "
                            "nested virtualisation",
                            device));
        case EACCES:
        case EPERM:
            throw HostCannot(fmt::format(
                "no permission to open {}: add this user to the group that owns it (usually kvm)", device));
        case ENODEV:
        case ENXIO:
            throw HostCannot(fmt::format(
                "{} has no KVM behind it: this CPU or its firmware has virtualisation off", device));
        case EMFILE:
            throw_errno(fmt::format("cannot open {}", device), error_number);
        default:
            throw HostCannot(fmt::format("cannot open {}: {}: this host offers no usable KVM", device,
                                         std::generic_category().message(error_number)));
    }
}

}  // namespace

System System::open(const char* device) {
    Fd fd(::open(device, O_RDWR | O_CLOEXEC));
    if (!fd) {
        cannot_open(device, errno);
    }
    System system(std::move(fd));
    const int version = try_request(system.fd_.get(), NMISTORM_KVM_REQUEST(KVM_GET_API_VERSION), 0);
    if (version != KVM_API_VERSION) {
        throw HostCannot(
            fmt::format("{} does not speak KVM API version {}: it is not a KVM device, or an ancient one",
                        device, KVM_API_VERSION));
    }
    system.require(KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY", "guest memory");
    system.require(KVM_CAP_USER_NMI, "KVM_CAP_USER_NMI", "injecting NMIs");
    system.require(KVM_CAP_IRQCHIP, "KVM_CAP_IRQCHIP", "the in-kernel interrupt controller");
    system.require(KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT", "a kick that cannot be lost");
    system.require(KVM_CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID", "the guest's CPUID");
    system.require(KVM_CAP_MP_STATE, "KVM_CAP_MP_STATE", "starting vCPUs");
    system.require(KVM_CAP_VCPU_EVENTS, "KVM_CAP_VCPU_EVENTS", "seeing whether NMIs are masked");
    return system;
}

int System::extension(int capability) const {
    return request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_CHECK_EXTENSION),
                   static_cast<unsigned long>(capability), fmt::format("capability {}", capability));
}

void System::require(int capability, const char* name, const char* use) const {
    if (extension(capability) <= 0) {
        throw HostCannot(
            fmt::format("this host's KVM lacks {}, which {} needs: use a host with kvm_intel or kvm_amd "
                        "('nmistorm doctor' tells more)",
                        name, use));
    }
}

unsigned System::max_vcpus() const {
    const int most = extension(KVM_CAP_MAX_VCPUS);
    // api.rst, KVM_CREATE_VCPU: without KVM_CAP_MAX_VCPUS the recommended number is the maximum; without that
    // too, the maximum is 4.
    const int recommended = extension(KVM_CAP_NR_VCPUS);
    return static_cast<unsigned>(most > 0 ? most : recommended > 0 ? recommended : 4);
}

const System& System::require_vcpus(unsigned vcpus) const {
    if (vcpus > max_vcpus()) {
        throw HostCannot(
            fmt::format("this host's KVM has at most {} vCPUs: ask for no more with --vcpus", max_vcpus()));
    }
    return *this;
}

Fd System::create_vm() const {
    return Fd(request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_CREATE_VM), 0));
}

std::size_t System::vcpu_mmap_size() const {
    return static_cast<std::size_t>(request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_GET_VCPU_MMAP_SIZE), 0));
}

std::vector<kvm_cpuid_entry2> System::supported_cpuid() const {
    CpuidBuffer buffer;
    NMISTORM_KVM(fd_.get(), KVM_GET_SUPPORTED_CPUID, buffer.header());
    return buffer.entries();
}

std::vector<std::uint32_t> System::msr_indices() const {
    constexpr std::size_t capacity = 1024;  // KVM of 6.12 has some 150
    std::vector<std::uint32_t> storage(sizeof(kvm_msr_list) / sizeof(std::uint32_t) + capacity);
    auto& list = *reinterpret_cast<kvm_msr_list*>(storage.data());
    list.nmsrs = capacity;
    NMISTORM_KVM(fd_.get(), KVM_GET_MSR_INDEX_LIST, list);
    const auto first = storage.begin() + sizeof(kvm_msr_list) / sizeof(std::uint32_t);
    return {first, first + list.nmsrs};
}

std::string backend() {
    const auto there = [](const char* module) {
        return std::filesystem::exists(std::filesystem::path("/sys/module") / module);
    };
    // A kernel that has them built in has both.
    if (there("kvm_intel") && there("kvm_amd")) {
        std::ifstream cpuinfo("/proc/cpuinfo");
        const std::string text{std::istreambuf_iterator<char>(cpuinfo), {}};
        return text.find("GenuineIntel") != std::string::npos ? "kvm_intel" : "kvm_amd";
    }
    for (const char* module : {"kvm_intel", "kvm_amd", "kvm_pvm"}) {
        if (there(module)) {
            return module;
        }
    }
    return "unknown";
}

std::string kernel_release() {
    utsname names{};
    return uname(&names) == 0 ? names.release : "unknown";
}

}  // namespace nmistorm::kvm
