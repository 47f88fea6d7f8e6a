// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "oracle/finding.h"
#include "oracle/limit.h"
#include "plan/run_plan.h"
#include "report/chart.h"
#include "report/table.h"

namespace nmistorm::report {

using Json = nlohmann::ordered_json;  ///< keys keep the order in which they are written

/// Where a result comes from.
struct Provenance {
    std::string reproduce;      ///< command line that gives it again
    std::string kvm_backend;    ///< "kvm_intel", "kvm_amd", "kvm_pvm" or "unknown"
    std::string kernel;         ///< uname -r
    std::string version = {};   ///< of nmistorm
    std::string build_id = {};  ///< of nmistorm
};

/// "x86_64, embedded image by gcc-O0, fault none"; with @p build if one was asked for.
std::string guest_text(plan::Arch arch, const std::string& image, const std::optional<std::string>& build,
                       const std::string& fault);

struct Row {
    std::string label;
    std::string text;
};

/// A broken rule, or an image that did not go as it must or that cannot be shown: then its outcome is pass.
struct FindingText {
    oracle::Outcome outcome = oracle::Outcome::violation;
    std::string title;                    ///< the rule or the image
    std::string text;                     ///< goes on in the title's line
    std::vector<std::string> lines = {};  ///< below it, with their indentation
    /// The facts of which the last lines tell, one each; empty if they tell of none.
    std::vector<oracle::Recorded> around = {};
};

/// One thing that was decided, for who counts: a rule in a run, a row of the matrix, a check of the doctor.
struct Case {
    enum class Verdict {
        pass,
        fail,   ///< a rule was broken, or what must be found was not
        error,  ///< nothing was shown: as red as a failure
        skip,   ///< it was not judged or cannot be shown here
    };
    std::string suite;  ///< what it belongs to: an architecture, an image
    std::string name;   ///< unique in its suite, and the same in every run
    Verdict verdict{};
    std::string text = {};                ///< why, in one line; may be empty for one that passed
    std::vector<std::string> lines = {};  ///< the whole of it; empty if the text is all
    std::optional<double> seconds = {};   ///< what it took, if that is known of it alone
};

/// The result of one command: all that a renderer needs, in the order in which it is read.
struct Document {
    std::string command;
    oracle::Outcome verdict{};
    bool interrupted = false;  ///< SIGINT, SIGTERM or SIGHUP ended it
    std::string end;           ///< "interrupted", "exhausted", ...; empty if there is nothing to say
    std::string headline;      ///< what was done, in a few figures
    Provenance provenance;
    std::string guest = {};  ///< the image in a few words; empty if there were several
    std::vector<Row> rows = {};
    std::vector<oracle::Limit> limits = {};  ///< what was not judged
    std::vector<Table> tables = {};
    std::vector<std::string> notes = {};  ///< paragraphs
    std::vector<FindingText> findings = {};
    std::size_t findings_shown = SIZE_MAX;  ///< at most so many in a summary
    std::string advice = {};                ///< which command goes on from here; may be empty
    std::vector<Table> appendix = {};
    std::vector<Case> cases = {};        ///< suites_of() has them together with what says the exit code
    std::optional<double> seconds = {};  ///< what it took, if that is known
    std::vector<Table> details = {};     ///< what a summary has no room for
    std::vector<Chart> charts = {};      ///< for renderers that draw
    Json figures = {};                   ///< all of it for machines, by its own schema (schemas.h)
};

/// By verdict, or exit_interrupted if interrupted without a violation.
int exit_code(const Document& document);

}  // namespace nmistorm::report
