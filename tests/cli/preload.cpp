// SPDX-License-Identifier: GPL-2.0-or-later
// Preloaded into the program under test, this library shows it a different /dev/kvm. NMISTORM_TEST_KVM
// holds words separated by blanks; earlier words take precedence:
//   open=N             opening /dev/kvm fails with errno N
//   device=PATH        PATH is opened instead
//   capabilities=N     result of KVM_CHECK_EXTENSION if nothing else is given
//   KVM_...=N          result of that capability or request; -N: it fails with errno N
//   threads=N          number of threads that can be started; then pthread_create() fails with EAGAIN
// Anything that no word names is passed to the kernel unchanged.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

/// The value in NMISTORM_TEST_KVM for @p name.
std::optional<std::string> told(std::string_view name) {
    const char* environment = std::getenv("NMISTORM_TEST_KVM");
    std::string_view words = environment != nullptr ? environment : "";
    while (!words.empty()) {
        const std::string_view word = words.substr(0, words.find(' '));
        words.remove_prefix(word.size() == words.size() ? word.size() : word.size() + 1);
        const std::size_t equals = word.find('=');
        if (equals != std::string_view::npos && word.substr(0, equals) == name) {
            return std::string(word.substr(equals + 1));
        }
    }
    return std::nullopt;
}

std::optional<int> told_number(std::string_view name) {
    const auto word = told(name);
    return word ? std::optional(std::atoi(word->c_str())) : std::nullopt;
}

struct Name {
    unsigned long number;
    const char* name;
};
#define NAME(constant) \
    { constant, #constant }
constexpr Name capabilities[] = {NAME(KVM_CAP_USER_NMI), NAME(KVM_CAP_IRQCHIP), NAME(KVM_CAP_MAX_VCPUS),
                                 NAME(KVM_CAP_NR_VCPUS)};
constexpr Name requests[] = {NAME(KVM_GET_API_VERSION), NAME(KVM_CREATE_VM), NAME(KVM_CREATE_VCPU),
                             NAME(KVM_RUN), NAME(KVM_NMI)};

template <std::size_t count>
std::optional<int> told_of(const Name (&names)[count], unsigned long number) {
    for (const Name& each : names) {
        if (each.number == number) {
            return told_number(each.name);
        }
    }
    return std::nullopt;
}

/// The next library's function of that name.
template <typename Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

/// The path to open instead of @p path; null: fail with the errno that is set.
const char* opened(const char* path, std::string& instead) {
    if (std::string_view(path) != "/dev/kvm") {
        return path;
    }
    if (const auto error = told_number("open")) {
        errno = *error;
        return nullptr;
    }
    if (auto device = told("device")) {
        instead = std::move(*device);
        return instead.c_str();
    }
    return path;
}

/// The mode is only passed with these flags: open(2).
bool has_mode(int flags) {
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
}

}  // namespace

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's begin with two
// underscores
extern "C" {

int open(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = has_mode(flags) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    std::string instead;
    const char* file = opened(path, instead);
    return file != nullptr ? next<int(const char*, int, ...)>("open")(file, flags, mode) : -1;
}

int open64(const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = has_mode(flags) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    std::string instead;
    const char* file = opened(path, instead);
    return file != nullptr ? next<int(const char*, int, ...)>("open64")(file, flags, mode) : -1;
}

int openat(int folder, const char* path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = has_mode(flags) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    std::string instead;
    const char* file = opened(path, instead);
    return file != nullptr ? next<int(int, const char*, int, ...)>("openat")(folder, file, flags, mode) : -1;
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                   void* argument) noexcept {
    static std::atomic<int> started = 0;
    const auto most = told_number("threads");
    if (most && started++ >= *most) {
        return EAGAIN;
    }
    return next<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create")(
        thread, attributes, start, argument);
}

int ioctl(int fd, unsigned long request, ...) noexcept {
    va_list rest;
    va_start(rest, request);
    void* argument = va_arg(rest, void*);
    va_end(rest);
    std::optional<int> answer = told_of(requests, request);
    if (request == KVM_CHECK_EXTENSION) {
        answer = told_of(capabilities, reinterpret_cast<unsigned long>(argument));
        if (!answer) {
            answer = told_number("capabilities");
        }
    }
    if (!answer) {
        return next<int(int, unsigned long, ...)>("ioctl")(fd, request, argument);
    }
    if (*answer < 0) {
        errno = -*answer;
    }
    return *answer < 0 ? -1 : *answer;
}

}  // extern "C"
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
