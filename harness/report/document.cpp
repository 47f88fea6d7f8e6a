// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/document.h"

#include <fmt/format.h>

#include "base/exit_code.h"
#include "plan/names.h"

namespace nmistorm::report {

std::string guest_text(plan::Arch arch, const std::string& image, const std::optional<std::string>& build,
                       const std::string& fault) {
    return fmt::format("{}, {} image{}, fault {}", plan::name(arch), image, build ? " by " + *build : "",
                       fault);
}

int exit_code(const Document& document) {
    if (document.verdict == oracle::Outcome::violation) {
        return exit_violation;
    }
    if (document.interrupted) {
        return exit_interrupted;
    }
    return document.verdict == oracle::Outcome::pass ? exit_pass : exit_inconclusive;
}

}  // namespace nmistorm::report
