// SPDX-License-Identifier: GPL-2.0-or-later
#include "kvm/ioctl.h"

namespace nmistorm::kvm {

int try_request(int fd, const Request& request, unsigned long argument) {
    const int result = ::ioctl(fd, request.number, argument);
    return result < 0 ? -errno : result;
}

int request(int fd, const Request& request, unsigned long argument, const std::string& details) {
    int result = 0;
    do {
        result = try_request(fd, request, argument);
    } while (result == -EINTR);  // KVM_CREATE_VM fails with EINTR on any signal
    if (result < 0) {
        throw_errno(std::string(request.name) + (details.empty() ? "" : " (" + details + ")"), -result);
    }
    return result;
}

}  // namespace nmistorm::kvm
