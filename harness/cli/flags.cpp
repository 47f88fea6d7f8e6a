// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/flags.h"

#include "plan/field_rows.h"

namespace nmistorm::cli {
namespace {

using W = std::string;

/// For Flag::apply: assigns the parsed value; returns false if there is none.
template <typename To, typename From>
bool assign(To& to, const std::optional<From>& from) {
    if (from) {
        to = static_cast<To>(*from);
    }
    return from.has_value();
}

std::optional<ShowProgress> parse_progress(const std::string& word) {
    for (const auto& [name, progress] : {std::pair("auto", ShowProgress::automatic),
                                         {"always", ShowProgress::always},
                                         {"never", ShowProgress::never}}) {
        if (word == name) {
            return progress;
        }
    }
    return std::nullopt;
}

/// Those of output.def, and --out.
template <typename C>
std::vector<Flag<C>> output_flags() {
    return {
#define NMISTORM_OUTPUT(name, file, what)                                                         \
    {#name, "FILE", "write " what ", to stdout with -", "the name of a file, or - for stdout",    \
     [](C& c, const W& w) {                                                                       \
         return assign(c.output.name, w == "-" ? std::optional<W>(w) : plan::parse_file_name(w)); \
     }},
#include "cli/output.def"
        {"out", "DIR", "write every report, and where it comes from, to the new folder DIR",
         "the name of a folder",
         [](C& c, const W& w) { return assign(c.output.out, plan::parse_file_name(w)); }}};
}

template <typename C>
Flag<C> facts_flag() {
    return {"facts", "FILE", "write all that is judged to FILE, for 'nmistorm judge FILE'",
            "the name of a file", [](C& c, const W& w) { return assign(c.facts, plan::parse_file_name(w)); }};
}

template <typename C>
Flag<C> trace_flag() {
    return {"trace", "FILE", "write what happened to FILE as a trace for Perfetto", "the name of a file",
            [](C& c, const W& w) { return assign(c.trace, plan::parse_file_name(w)); }};
}

template <typename C>
Flag<C> progress_flag() {
    return {"progress", "WHEN", "live line on stderr: auto (on a terminal), always or never [auto]",
            "auto, always or never",
            [](C& c, const W& w) { return assign(c.output.progress, parse_progress(w)); }};
}

template <typename C>
Flag<C> quiet_flag() {
    return {"quiet", "", "print nothing but errors and what was asked for", "true or false",
            [](C& c, const W& w) { return assign(c.output.quiet, plan::parse_switch(w)); }};
}

template <typename C>
std::vector<Flag<C>> flags_of_plan() {
    std::vector<Flag<C>> flags;
    for (const auto& field : plan::fields<decltype(C::plan)>()) {
        if (!field.help.empty()) {
            flags.push_back({field.name, field.label, field.help, field.accepts,
                             [&field](C& c, const W& w) { return field.parse(c.plan, w); }});
        }
    }
    return flags;
}

template <typename C>
std::vector<Flag<C>> operator+(std::vector<Flag<C>> flags, const std::vector<Flag<C>>& more) {
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
}

}  // namespace

std::vector<Flag<StormCommand>> storm_flags() {
    using C = StormCommand;
    return flags_of_plan<C>() + output_flags<C>() +
           std::vector<Flag<C>>{
               facts_flag<C>(),
               trace_flag<C>(),
               progress_flag<C>(),
               quiet_flag<C>(),
               {"shard", "I/N|env", "this is the I-th of N storms: another seed, a part of --nmis [1/1]",
                plan::a_shard, [](C& c, const W& w) { return assign(c.shard, plan::parse_shard(w)); }},
               {"dry-run", "", "check the flags and this host, but run nothing", "true or false",
                [](C& c, const W& w) { return assign(c.dry_run, plan::parse_switch(w)); }},
           };
}

std::vector<Flag<MatrixCommand>> matrix_flags() {
    using C = MatrixCommand;
    return flags_of_plan<C>() + output_flags<C>() + std::vector<Flag<C>>{progress_flag<C>(), quiet_flag<C>()};
}

std::vector<Flag<ExploreCommand>> explore_flags() {
    using C = ExploreCommand;
    return flags_of_plan<C>() +
           std::vector<Flag<C>>{
               {"resume", "FILE", "go on from FILE if it is there; how far it came is written to it",
                "the name of a file",
                [](C& c, const W& w) { return assign(c.resume, plan::parse_file_name(w)); }},
               {"checkpoint", "TIME", "how often the file of --resume is written [1m]", plan::a_time,
                [](C& c, const W& w) { return assign(c.checkpoint, plan::parse_duration(w)); }},
               {"schedule", "FILE", "write a schedule that breaks a rule to FILE", "the name of a file",
                [](C& c, const W& w) { return assign(c.schedule, plan::parse_file_name(w)); }},
               facts_flag<C>(),
               trace_flag<C>(),
           } +
           output_flags<C>() + std::vector<Flag<C>>{progress_flag<C>(), quiet_flag<C>()};
}

std::vector<Flag<ReplayCommand>> replay_flags() {
    using C = ReplayCommand;
    const auto guest = plan::guest_field<C>();
    return {
        {guest.name, guest.label, guest.help, guest.accepts, guest.parse},
        {"times", "N", "repeat it so often, each time on a new machine [1]", "1 to 10000",
         [](C& c, const W& w) { return assign(c.times, plan::parse_number(w, 1, 10'000)); }},
        facts_flag<C>(),
        trace_flag<C>(),
        quiet_flag<C>(),
    };
}

std::vector<Flag<JudgeCommand>> judge_flags() {
    using C = JudgeCommand;
    return output_flags<C>() + std::vector<Flag<C>>{trace_flag<C>(), quiet_flag<C>()};
}

std::vector<Flag<DoctorCommand>> doctor_flags() {
    using C = DoctorCommand;
    return output_flags<C>() + std::vector<Flag<C>>{quiet_flag<C>()};
}

std::vector<Flag<ConformCommand>> conform_flags() {
    using C = ConformCommand;
    const auto pattern = [](const W& w) { return w.empty() ? std::nullopt : std::optional<W>(w); };
    return std::vector<Flag<C>>{
               {"filter", "PATTERN", "run the cases whose name matches, with * for any characters [*]",
                "a pattern with * and ?, or the name of a case",
                [pattern](C& c, const W& w) { return assign(c.filter, pattern(w)); }},
               {"list", "", "only print the names of the cases", "true or false",
                [](C& c, const W& w) { return assign(c.list, plan::parse_switch(w)); }},
               {"all", "", "have a line for each case in the summary", "true or false",
                [](C& c, const W& w) { return assign(c.all, plan::parse_switch(w)); }},
               {"walks", "N", "run so many random walks besides, of each kind of guest [0]", "0 to 100000",
                [](C& c, const W& w) { return assign(c.walks, plan::parse_number(w, 0, 100'000)); }},
               {"seed", "N", "the number of the first random walk [1]", "0 to 4000000000",
                [](C& c, const W& w) { return assign(c.seed, plan::parse_number(w, 0, 4'000'000'000)); }},
               {"emit-c", "CASE", "only print a C program that shows this case by its exit code",
                "the name of a case", [pattern](C& c, const W& w) { return assign(c.emit_c, pattern(w)); }},
           } +
           output_flags<C>() + std::vector<Flag<C>>{progress_flag<C>(), quiet_flag<C>()};
}

std::vector<Flag<ReportCommand>> report_flags() {
    using C = ReportCommand;
    return output_flags<C>() + std::vector<Flag<C>>{quiet_flag<C>()};
}

std::vector<Flag<BenchCommand>> bench_flags() {
    using C = BenchCommand;
    return flags_of_plan<C>() + output_flags<C>() + std::vector<Flag<C>>{progress_flag<C>(), quiet_flag<C>()};
}

}  // namespace nmistorm::cli
