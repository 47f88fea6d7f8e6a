// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nmistorm/abi/cpu_page.h>

#include "base/address.h"
#include "machine/exit.h"
#include "oracle/fatal_exit.h"

namespace nmistorm::guests {

/// The oracle's view of @p vcpu, which stopped for good with @p exit at @p ip. @p page is its CpuPage.
oracle::FatalExit fatal_exit(unsigned vcpu, const machine::Exit& exit, GuestVirt ip,
                             const abi::CpuPage& page);

}  // namespace nmistorm::guests
