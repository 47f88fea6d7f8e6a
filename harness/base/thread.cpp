// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/thread.h"

#include <pthread.h>

#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/signals_blocked.h"

namespace nmistorm {

std::thread start_thread(const std::string& name, std::function<void()> body) {
    const SignalsBlocked inherited;
    try {
        std::thread thread(std::move(body));
        pthread_setname_np(thread.native_handle(), name.c_str());
        return thread;
    } catch (const std::system_error& error) {
        throw Error("cannot start the thread '" + name + "': " + error.code().message() +
                    "; allow more processes and threads (ulimit -u, or the limit of the container)");
    }
}

}  // namespace nmistorm
