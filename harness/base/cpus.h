// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <pthread.h>
#include <sched.h>

namespace nmistorm {

/// How many CPUs this process may use; 1 if the kernel does not say.
inline unsigned cpus_of_this_process() {
    cpu_set_t cpus;
    return sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? static_cast<unsigned>(CPU_COUNT(&cpus)) : 1;
}

/// From now on @p thread runs on one CPU only, number @p n of those that this process could use when it first
/// called this; modulo how many there are. Throws HostCannot if the kernel refuses.
void pin(pthread_t thread, unsigned n);

}  // namespace nmistorm
