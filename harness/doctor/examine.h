// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "doctor/check.h"
#include "image/image.h"
#include "kvm/system.h"

/// What this host can do, found by running tiny guests. The same host gives the same results each time; only
/// what is measured differs.
namespace nmistorm::doctor {

/// Looks at everything, in the order of a report. Takes a few seconds. Asks @p interrupted now and then, and
/// returns what there is when it says so.
Checks examine(const std::function<bool()>& interrupted = [] { return false; });

/// A storm or an exploration can run here.
bool usable(const Checks& checks);

/// "npt=Y, vgif=1": the parameters of the module @p backend (kvm::backend()) on which NMIs depend; empty if
/// it has none.
std::string parameters_of(const std::string& backend);

// The parts of it. Each adds to @p checks.

/// What is behind /dev/kvm. Returns it if it can be used.
std::optional<kvm::System> examine_host(Checks& checks);
/// Each source of NMIs, with @p image, which runs here.
void examine_sources(const kvm::System& system, const image::Image& image, Checks& checks);
/// What KVM does with NMIs in states that a storm hardly meets.
void examine_nmis(const kvm::System& system, const image::Image& image, Checks& checks);
/// How fast NMIs are handled, and instructions stepped where @p steps.
void measure(const kvm::System& system, const image::Image& image, bool steps, Checks& checks);

}  // namespace nmistorm::doctor
