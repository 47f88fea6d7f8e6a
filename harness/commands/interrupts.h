// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace nmistorm::commands {

/// From here on SIGINT and SIGTERM end what runs, which is then judged and reported. Further ones change
/// nothing: CI runners send several, and the watchdog sees to it that the end comes.
void catch_interrupts();

/// One of them came. Any thread.
bool interrupted();

}  // namespace nmistorm::commands
