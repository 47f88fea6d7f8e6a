// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cpus.h"

#include <system_error>
#include <vector>

#include "base/error.h"

namespace nmistorm {
namespace {

std::vector<int> usable_cpus() {
    std::vector<int> usable;
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
        for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
            if (CPU_ISSET(cpu, &set)) {
                usable.push_back(cpu);
            }
        }
    }
    return usable;
}

}  // namespace

void pin(pthread_t thread, unsigned n) {
    static const std::vector<int> usable = usable_cpus();
    if (usable.empty()) {
        throw HostCannot("this host does not tell which CPUs there are, which --pin needs; leave it out");
    }
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(usable[n % usable.size()], &one);
    if (const int error = pthread_setaffinity_np(thread, sizeof(one), &one); error != 0) {
        throw HostCannot("this host lets no thread be kept on one CPU, as --pin asks; leave it out: " +
                         std::generic_category().message(error));
    }
}

}  // namespace nmistorm
