// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace nmistorm {

/// Starts a thread called @p name (at most 15 characters). No exception may leave @p body. The thread takes
/// no signal, since the main thread takes them; the inherited mask does not matter. Throws Error if the
/// system refuses another thread.
std::thread start_thread(const std::string& name, std::function<void()> body);

}  // namespace nmistorm
