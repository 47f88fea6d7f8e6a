// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace nmistorm::commands {

/// From now on the first SIGINT, SIGTERM or SIGHUP ends the run, which is then judged and reported. More
/// signals of the same kind within a second count as the same request, since a terminal, a shell and a CI
/// runner may each send one. A later one ends the program at once, by the signal's default action.
///
/// Neither these nor SIGQUIT, SIGUSR2, SIGALRM and SIGXCPU leave a temporary file behind. Signals that were
/// ignored when the program started, as by nohup, stay ignored. Call on the main thread; others take no
/// signals (base/thread.h).
void catch_interrupts();

/// One of the signals came. Any thread may call this.
bool interrupted();

}  // namespace nmistorm::commands
