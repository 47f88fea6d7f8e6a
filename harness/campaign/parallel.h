// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>

namespace nmistorm::campaign {

/// Calls @p work with 0, 1, ... up to but not including @p count, each once and started in that order, on up
/// to @p jobs threads at a time. Meanwhile it calls @p watch on the calling thread, ten times a second. It
/// returns when all calls have ended. After the first exception no call is started, and the exception is
/// rethrown. Throws Error, without any call, if it cannot create so many threads.
void parallel(unsigned jobs, std::size_t count, const std::function<void(std::size_t)>& work,
              const std::function<void()>& watch);

}  // namespace nmistorm::campaign
