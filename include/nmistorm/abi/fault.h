// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace nmistorm::abi {

/// A deliberate bug, compiled into a guest image of its own. `none` is the clean image.
/// The enumerator and the name (see fault_names) differ only in '_' for '-'.
enum class Fault {
    none,
    skip_grace_period,
    gp_misses_cpu,
    nmi_not_watched,
    publish_before_init,
    torn_publish,
    double_fetch,
    unset_to_null,
    default_skipped,
    count_shared,
    nmi_exit_missing,
    read_after_exit,
    unload_early,
};

/// What `--fault` takes and what the image's note says, indexed by Fault.
inline constexpr const char* fault_names[] = {
    "none",
    "skip-grace-period",
    "gp-misses-cpu",
    "nmi-not-watched",
    "publish-before-init",
    "torn-publish",
    "double-fetch",
    "unset-to-null",
    "default-skipped",
    "count-shared",
    "nmi-exit-missing",
    "read-after-exit",
    "unload-early",
};
inline constexpr unsigned fault_count = sizeof(fault_names) / sizeof(fault_names[0]);
static_assert(fault_count == static_cast<unsigned>(Fault::unload_early) + 1);

}  // namespace nmistorm::abi
