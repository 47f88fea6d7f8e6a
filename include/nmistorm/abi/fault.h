// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace nmistorm::abi {

/// A deliberate bug, compiled into a guest image of its own. `none` is the clean image.
/// The enumerator and the name (see fault_names) differ only in '_' and '-'.
enum class Fault {
    none,
    skip_grace_period,
    gp_misses_cpu,
    gp_own_cpu_only,
    gp_stale_snapshot,
    gp_no_recheck,
    gp_counter_wrap,
    qs_in_preempt_off,
    qs_in_nmi,
    nmi_not_watched,
    nmi_toggles_watching,
    nmi_exit_missing,
    read_after_exit,
    publish_before_init,
    torn_publish,
    double_fetch,
    unset_keeps_callback,
    unset_to_null,
    default_skipped,
    default_always,
    count_shared,
    count_late,
    double_free,
    leak,
    recycled_data,
    early_iret,
    clobbered_register,
    lock_in_handler,
    waits_in_handler,
    unload_early,
};

/// Names for `--fault` and in the image's note, indexed by Fault.
inline constexpr const char* fault_names[] = {
    "none",
    "skip-grace-period",
    "gp-misses-cpu",
    "gp-own-cpu-only",
    "gp-stale-snapshot",
    "gp-no-recheck",
    "gp-counter-wrap",
    "qs-in-preempt-off",
    "qs-in-nmi",
    "nmi-not-watched",
    "nmi-toggles-watching",
    "nmi-exit-missing",
    "read-after-exit",
    "publish-before-init",
    "torn-publish",
    "double-fetch",
    "unset-keeps-callback",
    "unset-to-null",
    "default-skipped",
    "default-always",
    "count-shared",
    "count-late",
    "double-free",
    "leak",
    "recycled-data",
    "early-iret",
    "clobbered-register",
    "lock-in-handler",
    "waits-in-handler",
    "unload-early",
};
inline constexpr unsigned fault_count = sizeof(fault_names) / sizeof(fault_names[0]);
static_assert(fault_count == static_cast<unsigned>(Fault::unload_early) + 1);

}  // namespace nmistorm::abi
