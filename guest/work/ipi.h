// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

/// Sends the NMIs that the host asks for (shared::CpuPage::ipis_wanted). Not NMI-safe.
void send_ipis();
