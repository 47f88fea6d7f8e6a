// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/commands.h"
#include "commands/console.h"

namespace nmistorm::commands {

int run(const cli::Answer& answer) {
    print(answer.text);
    return 0;
}

}  // namespace nmistorm::commands
