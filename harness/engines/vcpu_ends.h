// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "guests/guest.h"
#include "guests/stepped/explored_guest.h"
#include "image/image.h"
#include "machine/machine.h"
#include "oracle/fatal_exit.h"
#include "oracle/vcpu_end.h"

namespace nmistorm::engines {

/// Where each vCPU of @p machine is. None may run. What cannot be read, since the guest points nowhere, is
/// left out. One that took an exception is where it took it.
std::vector<oracle::VcpuEnd> vcpu_ends(guests::Guest& guest, machine::Machine& machine,
                                       const image::Image& image,
                                       const std::vector<oracle::FatalExit>& fatal_exits);
/// The same of a guest that is stepped.
std::vector<oracle::VcpuEnd> vcpu_ends(guests::ExploredGuest& explored, const image::Image& image);

}  // namespace nmistorm::engines
