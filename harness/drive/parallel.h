// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>

namespace nmistorm::drive {

/// Calls @p work with 0, 1, ... up to @p count, each once, begun in that order, on up to @p jobs threads
/// at a time; and meanwhile @p watch on the calling thread, ten times a second. Returns when all have
/// ended. What the first of them throws is thrown again then; none is begun after it. Throws Error, and
/// begins none, where there cannot be so many threads.
void parallel(unsigned jobs, std::size_t count, const std::function<void(std::size_t)>& work,
              const std::function<void()>& watch);

}  // namespace nmistorm::drive
