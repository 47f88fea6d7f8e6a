// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace nmistorm::commands {

/// From here on the first SIGINT, SIGTERM or SIGHUP ends what runs, which is then judged and reported. More
/// of the same kind within a second of it are the same request: a terminal, a shell and a CI runner may each
/// send one. One that comes later ends the program at once, by the signal's default action.
///
/// A signal that ends the program leaves no temporary file behind. Signals that were ignored when the
/// program was started, as by nohup, stay so. For the main thread; others take no signals (base/thread.h).
void catch_interrupts();

/// One of them came. Any thread.
bool interrupted();

}  // namespace nmistorm::commands
