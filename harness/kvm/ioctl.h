// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"  // zero-size arrays, see shim/linux/stddef.h
#include <linux/kvm.h>
#pragma GCC diagnostic pop
#include <sys/ioctl.h>

#include <cerrno>
#include <string>

#include "base/error.h"

namespace nmistorm::kvm {

static_assert(KVM_GET_SUPPORTED_CPUID == 0xc008ae05);
static_assert(KVM_SET_CPUID2 == 0x4008ae90);
static_assert(KVM_GET_MSRS == 0xc008ae88);
static_assert(KVM_SET_GSI_ROUTING == 0x4008ae6a);

/// One KVM ioctl: its number, and its name in error messages.
struct Request {
    unsigned long number;
    const char* name;
};
#define NMISTORM_KVM_REQUEST(name) \
    ::nmistorm::kvm::Request {     \
        name, #name                \
    }

/// The argument size that is encoded in @p number (include/uapi/asm-generic/ioctl.h).
constexpr unsigned long argument_size(unsigned long number) {
    return (number >> 16) & 0x3fff;
}

/// The only callers of ioctl() in the project. Functions that return a result throw on failure, naming the
/// request and @p details. Functions named try_ return -errno instead.
int try_request(int fd, const Request& request, unsigned long argument);
int request(int fd, const Request& request, unsigned long argument, const std::string& details = {});

/// For a request whose argument is a struct; the struct's size is checked at compile time.
template <unsigned long number, typename T>
int request(int fd, const char* name, T& argument, const std::string& details = {}) {
    static_assert(argument_size(number) == sizeof(T), "this ioctl takes another struct");
    return request(fd, Request{number, name}, reinterpret_cast<unsigned long>(&argument), details);
}
#define NMISTORM_KVM(fd, number, argument, ...) \
    ::nmistorm::kvm::request<number>(fd, #number, argument __VA_OPT__(, ) __VA_ARGS__)

}  // namespace nmistorm::kvm
