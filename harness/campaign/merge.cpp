// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/merge.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/whole_name.h"
#include "plan/fields.h"
#include "report/cases.h"
#include "report/figures.h"
#include "report/json_value.h"
#include "report/schemas.h"

namespace nmistorm::campaign {
namespace {

using oracle::Outcome;
using report::Json;
using report::member;
using report::Misfit;

template <typename T>
T value_of(const Json& object, const char* name) {
    T value{};
    report::read(member(object, name), value);
    return value;
}

template <typename Enum, std::size_t count>
Enum named(const Json& json, const Enum (&all)[count]) {
    std::string word;
    report::read(json, word);
    const auto* found = std::ranges::find(all, word, [](Enum each) { return std::string(name(each)); });
    if (found == std::end(all)) {
        throw Misfit{fmt::format("{} has no meaning here", report::shown(json))};
    }
    return *found;
}

constexpr Outcome all_outcomes[] = {Outcome::pass, Outcome::violation, Outcome::inconclusive};

plan::Shard shard_in(const Json& object) {
    const auto shard = plan::parse_part(value_of<std::string>(object, "shard"));
    if (!shard) {
        throw Misfit{fmt::format("{} is no shard", report::shown(member(object, "shard")))};
    }
    return *shard;
}

/// "--guest-build" for "guest_build".
template <typename Plan>
std::string flag_of(const std::string& key) {
    const auto& fields = plan::fields<Plan>();
    const auto field = std::ranges::find(fields, key, [](const auto& each) { return each.key; });
    return field == fields.end() || field->help.empty() ? key : "--" + field->name;
}

/// What all shards of a campaign have in common.
std::map<std::string, std::string> flags_of(const Json& report, std::string (*flag)(const std::string& key)) {
    std::map<std::string, std::string> flags;
    const Json& plan = member(report, "plan");
    if (!plan.is_object()) {
        throw Misfit{fmt::format("{} is no plan", report::shown(plan))};
    }
    for (const auto& [key, value] : plan.items()) {
        if (key != "seed" && key != "nmis" && key != "shard" && key != "jobs") {
            flags[flag(key)] = value.is_string() ? value.get<std::string>()
                               : value.is_null() ? "none"
                                                 : report::line_of(value);
        }
    }
    return flags;
}

report::FindingText finding_in(const Json& finding) {
    return {.title = value_of<std::string>(finding, "rule"),
            .text = ": " + value_of<std::string>(finding, "detail")};
}

void read_storm(const Json& report, Result& result) {
    result.shard = shard_in(report);
    result.nmis = value_of<std::uint64_t>(member(report, "nmi"), "handled");
    const Json& rcu = member(report, "rcu");
    result.swaps = value_of<std::uint64_t>(rcu, "swaps");
    result.grace_periods = value_of<std::uint64_t>(rcu, "grace_periods");
    result.overlaps = value_of<std::uint64_t>(rcu, "overlaps");
    for (const Json& finding : member(report, "findings")) {
        result.findings.push_back(finding_in(finding));
    }
}

/// Why an exploration shows nothing, as the keys of its report say it.
constexpr std::pair<const char*, const char*> shows_nothing[] = {
    {"interrupted", "it was interrupted"},
    {"out_of_budget", "its --budget was used up before the whole bound was searched"},
    {"out_of_memory", "its --memory was used up before the whole bound was searched"},
    {"shards_disagree",
     "it met a shared word that smaller bounds do not show: shards may overlap or leave gaps"}};

void read_exploration(const Json& report, Result& result) {
    result.shard = shard_in(member(report, "plan"));
    for (const Json& round : member(report, "rounds")) {
        result.schedules += value_of<std::uint64_t>(round, "schedules");
    }
    if (const Json& found = member(report, "found"); !found.is_null()) {
        result.findings.push_back(finding_in(member(found, "finding")));
    }
    if (result.verdict != Outcome::inconclusive) {
        return;
    }
    const auto bound = [&result](const std::string& why) {
        result.findings.push_back({.outcome = Outcome::inconclusive, .title = "bound", .text = ": " + why});
    };
    for (const auto& [key, why] : shows_nothing) {
        if (value_of<bool>(report, key)) {
            bound(why);
        }
    }
    if (const auto lacks = value_of<std::string>(report, "unjudged"); !lacks.empty()) {
        bound("the image lacks " + lacks + ": what needs them was not judged");
    }
}

/// The text of a member that may be null: then empty.
std::string text_or_empty(const Json& object, const char* name) {
    return member(object, name).is_null() ? "" : value_of<std::string>(object, name);
}

/// "torn-publish", or "torn-publish by gcc-O0".
std::string image_of(const MergedRow& row) {
    return row.fault + (row.build.empty() ? "" : " by " + row.build);
}

/// Why neither storms nor an exploration show the fault of @p row.
std::string why_not_shown(const Json& row) {
    const std::string why = text_or_empty(row, "not_shown");
    const Json& explored = member(row, "explored");
    return !why.empty() || explored.is_null() ? why : text_or_empty(explored, "not_shown");
}

/// A storm or an exploration that did not go as it must.
report::FindingText trouble(const std::string& image, RowVerdict verdict, const Json& run) {
    return {.outcome = outcome(verdict),
            .title = image,
            .text = fmt::format(": {}", name(verdict)),
            .lines = {"  " + value_of<std::string>(run, "reproduce")}};
}

void read_matrix(const Json& report, Result& result) {
    result.shard = shard_in(member(report, "plan"));
    for (const Json& row : member(report, "rows")) {
        MergedRow merged{.fault = value_of<std::string>(row, "fault"),
                         .build = text_or_empty(row, "build"),
                         .arch = value_of<std::string>(row, "arch"),
                         .cycle = value_of<std::string>(member(row, "plan"), "cycle"),
                         .verdict = named(member(row, "verdict"), all_row_verdicts),
                         .not_shown = why_not_shown(row)};
        for (const Json& storm : member(row, "storms")) {
            ++merged.storms;
            const RowVerdict verdict = named(member(storm, "verdict"), all_row_verdicts);
            const bool well = outcome(verdict) == Outcome::pass;
            merged.well += well ? 1 : 0;
            result.nmis += value_of<std::uint64_t>(storm, "nmis");
            result.swaps += value_of<std::uint64_t>(storm, "swaps");
            result.grace_periods += value_of<std::uint64_t>(storm, "grace_periods");
            result.overlaps += value_of<std::uint64_t>(storm, "overlaps");
            if (!well) {
                result.findings.push_back(trouble(image_of(merged), verdict, storm));
            }
        }
        if (const Json& explored = member(row, "explored"); !explored.is_null()) {
            const RowVerdict verdict = named(member(explored, "verdict"), all_row_verdicts);
            if (outcome(verdict) != Outcome::pass) {
                result.findings.push_back(trouble(image_of(merged), verdict, explored));
            }
        }
        result.rows.push_back(std::move(merged));
    }
}

Result result_of(const Json& report, const std::string& file) {
    Result result;
    result.file = file;
    const auto schema = value_of<std::string>(report, "schema");
    struct Reader {
        const char* schema;
        void (*read)(const Json&, Result&);
        std::string (*flag)(const std::string& key);
    };
    const Reader readers[] = {{report::run_schema, read_storm, flag_of<plan::RunPlan>},
                              {report::explore_schema, read_exploration, flag_of<plan::ExplorePlan>},
                              {report::matrix_schema, read_matrix, flag_of<plan::MatrixPlan>}};
    const auto* reader = std::ranges::find(readers, schema, [](const Reader& each) { return each.schema; });
    if (reader == std::end(readers)) {
        throw Misfit{fmt::format("its schema is {}, but {}, {} and {} are read", report::shown(schema),
                                 report::run_schema, report::explore_schema, report::matrix_schema)};
    }
    result.command = value_of<std::string>(report, "command");
    result.verdict = named(member(report, "verdict"), all_outcomes);
    result.interrupted = value_of<bool>(report, "interrupted");
    result.flags = flags_of(report, reader->flag);
    result.reproduce = value_of<std::string>(report, "reproduce");
    result.seconds = value_of<double>(report, "duration_s");
    const Json& host = member(report, "host");
    result.host = fmt::format("{}, Linux {}", value_of<std::string>(host, "kvm_backend"),
                              value_of<std::string>(host, "kernel"));
    reader->read(report, result);
    return result;
}

Outcome worst(const std::vector<Result>& results) {
    const auto any = [&results](Outcome wanted) {
        return std::ranges::any_of(results,
                                   [wanted](const Result& result) { return result.verdict == wanted; });
    };
    return any(Outcome::violation)                         ? Outcome::violation
           : any(Outcome::inconclusive) || results.empty() ? Outcome::inconclusive
                                                           : Outcome::pass;
}

std::uint64_t sum(const std::vector<Result>& results, std::uint64_t Result::*figure) {
    std::uint64_t all = 0;
    for (const Result& result : results) {
        all += result.*figure;
    }
    return all;
}

std::string verdicts(const std::vector<Result>& results) {
    std::vector<std::string> texts;
    for (const Outcome each : all_outcomes) {
        const auto count = std::ranges::count(results, each, &Result::verdict);
        if (count != 0) {
            texts.push_back(fmt::format("{} {}", count, oracle::name(each)));
        }
    }
    return fmt::format("{}", fmt::join(texts, ", "));
}

report::Table files(const std::vector<Result>& results) {
    using report::Align;
    report::Table table{.columns = {{"file"},
                                    {"command"},
                                    {"shard"},
                                    {"verdict"},
                                    {"seconds", Align::right},
                                    {"NMIs", Align::right},
                                    {"schedules", Align::right},
                                    {"host"}},
                        .indent = 2};
    for (const Result& result : results) {
        table.rows.push_back(
            {result.file, result.command, to_string(result.shard),
             std::string(oracle::name(result.verdict)) + (result.interrupted ? ", interrupted" : ""),
             fmt::format("{:.1f}", result.seconds), report::grouped(result.nmis),
             report::grouped(result.schedules), result.host});
    }
    return table;
}

report::Case case_of(const std::string& suite, const std::string& name, Outcome outcome, std::string text) {
    return {.suite = suite,
            .name = name,
            .verdict = report::verdict_of(outcome),
            .text = outcome == Outcome::pass ? "" : std::move(text)};
}

/// As `matrix` itself has it.
report::Case case_of(const MergedRow& row) {
    const std::string name =
        fmt::format("{} {}{}", row.arch, row.cycle, row.build.empty() ? "" : " " + row.build);
    if (row.verdict == RowVerdict::not_shown) {
        return {.suite = row.fault,
                .name = name,
                .verdict = report::Case::Verdict::skip,
                .text = "cannot be shown: " + row.not_shown};
    }
    return case_of(row.fault, name, outcome(row.verdict),
                   fmt::format("{}: {}: {} of {} storms went as they must", image_of(row),
                               campaign::name(row.verdict), row.well, row.storms));
}

/// One for each file, and one for each row of matrices.
std::vector<report::Case> cases_of(const std::vector<Result>& results, const std::vector<MergedRow>& rows) {
    std::vector<report::Case> cases;
    for (const Result& result : results) {
        cases.push_back(
            case_of(result.command, result.file, result.verdict,
                    fmt::format("{}; to repeat it: {}", oracle::name(result.verdict), result.reproduce)));
        cases.back().seconds = result.seconds;
    }
    for (const MergedRow& row : rows) {
        cases.push_back(case_of(row));
    }
    return cases;
}

/// Each row of a matrix once, with the storms of all shards.
std::vector<MergedRow> rows_of(const std::vector<Result>& results) {
    std::vector<MergedRow> rows;
    for (const Result& result : results) {
        for (const MergedRow& row : result.rows) {
            const auto same = std::ranges::find_if(rows, [&row](const MergedRow& other) {
                return std::tie(row.fault, row.build, row.arch, row.cycle) ==
                       std::tie(other.fault, other.build, other.arch, other.cycle);
            });
            if (same == rows.end()) {
                rows.push_back(row);
                continue;
            }
            same->verdict = worse(same->verdict, row.verdict);
            same->storms += row.storms;
            same->well += row.well;
        }
    }
    return rows;
}

report::Table matrix(const std::vector<MergedRow>& rows) {
    report::Table table{
        .columns = {{"image"}, {"arch"}, {"cycle"}, {"verdict"}, {"storms", report::Align::right}},
        .indent = 2};
    for (const MergedRow& row : rows) {
        table.rows.push_back({image_of(row), row.arch, row.cycle, std::string(name(row.verdict)),
                              fmt::format("{}/{}", row.well, row.storms)});
    }
    return table;
}

Json file_json(const Result& result) {
    return {{"file", result.file},
            {"command", result.command},
            {"verdict", oracle::name(result.verdict)},
            {"interrupted", result.interrupted},
            {"shard", to_string(result.shard)},
            {"reproduce", result.reproduce},
            {"duration_s", result.seconds},
            {"nmis", result.nmis},
            {"schedules", result.schedules},
            {"findings", result.findings.size()}};
}

Json row_json(const MergedRow& row) {
    return {{"image", image_of(row)},       {"arch", row.arch},     {"cycle", row.cycle},
            {"verdict", name(row.verdict)}, {"storms", row.storms}, {"well", row.well}};
}

Json to_json(const std::vector<Result>& results, const std::vector<MergedRow>& rows, bool interrupted) {
    Json json = {{"schema", report::merged_schema},
                 {"command", "report"},
                 {"verdict", oracle::name(worst(results))},
                 {"interrupted", interrupted},
                 {"nmis", sum(results, &Result::nmis)},
                 {"swaps", sum(results, &Result::swaps)},
                 {"grace_periods", sum(results, &Result::grace_periods)},
                 {"overlaps", sum(results, &Result::overlaps)},
                 {"schedules", sum(results, &Result::schedules)},
                 {"reports", Json::array()},
                 {"rows", Json::array()}};
    for (const Result& result : results) {
        json["reports"].push_back(file_json(result));
    }
    for (const MergedRow& row : rows) {
        json["rows"].push_back(row_json(row));
    }
    return json;
}

/// Its command, its flags and the number of its parts.
using Campaign = std::tuple<std::string, std::map<std::string, std::string>, std::uint32_t>;
/// The report of each part.
using Campaigns = std::map<Campaign, std::map<std::uint32_t, const Result*>>;

Campaign campaign_of(const Result& result) {
    return {result.command, result.flags, result.shard.of};
}

/// "--vcpus (2, 3)": the flags by which two reports are of different campaigns, and their values.
std::vector<std::string> differences(const Result& one, const Result& other) {
    std::map<std::string, std::string> all = one.flags;
    all.insert(other.flags.begin(), other.flags.end());
    const auto value = [](const Result& result, const std::string& flag) {
        const auto given = result.flags.find(flag);
        return given == result.flags.end() ? "none" : given->second;
    };
    std::vector<std::string> texts;
    for (const auto& [flag, ignored] : all) {
        if (value(one, flag) != value(other, flag)) {
            texts.push_back(fmt::format("{} ({}, {})", flag, value(one, flag), value(other, flag)));
        }
    }
    return texts;
}

/// Throws UsageError: the campaign of @p one lacks the shard @p missing. Most often another one that is not
/// whole has it, since somebody gave its run another flag.
[[noreturn]] void complain(const Campaigns& campaigns, const Result& one, plan::Shard missing) {
    for (const auto& [campaign, parts] : campaigns) {
        const auto other = parts.find(missing.index);
        if (other == parts.end() || parts.size() == missing.of || other->second->shard != missing ||
            other->second->command != one.command) {
            continue;
        }
        throw UsageError(
            fmt::format("{} is shard {} and {} is shard {}, but the flags of their runs differ: {}; name "
                        "shards of one {}",
                        one.file, to_string(one.shard), other->second->file, to_string(missing),
                        fmt::join(differences(one, *other->second), ", "), one.command));
    }
    throw UsageError(fmt::format("shard {} is missing of the {} to which {} belongs; name its report, too",
                                 to_string(missing), one.command, one.file));
}

}  // namespace

Result read_result(std::istream& from, const std::string& file) {
    const Json report = Json::parse(from, nullptr, false);
    if (report.is_discarded()) {
        throw UsageError(fmt::format("{}: is no JSON; name files that nmistorm wrote with --json", file));
    }
    try {
        return result_of(report, file);
    } catch (const Misfit& misfit) {
        throw UsageError(
            fmt::format("{}: {}; name files that this nmistorm wrote with --json", file, misfit.why));
    }
}

void check_shards(const std::vector<Result>& results) {
    Campaigns campaigns;
    std::set<std::string> files;
    for (const Result& result : results) {
        if (!files.insert(whole_name(result.file)).second) {
            throw UsageError(fmt::format("{} is named twice; name each report once", result.file));
        }
        if (result.shard.of == 1) {
            continue;
        }
        auto& parts = campaigns[campaign_of(result)];
        const auto [part, is_new] = parts.emplace(result.shard.index, &result);
        if (!is_new) {
            throw UsageError(fmt::format("{} and {} are both shard {}; name each once", part->second->file,
                                         result.file, to_string(result.shard)));
        }
    }
    for (const Result& result : results) {  // in the order in which they were named
        if (result.shard.of == 1) {
            continue;
        }
        const auto& parts = campaigns[campaign_of(result)];
        for (std::uint32_t index = 0; index < result.shard.of; ++index) {
            if (!parts.contains(index)) {
                complain(campaigns, *parts.begin()->second, {index, result.shard.of});
            }
        }
    }
}

report::Document document(const std::vector<Result>& results, const report::Provenance& provenance) {
    const std::vector<MergedRow> rows = rows_of(results);
    report::Document document{
        .command = "report",
        .verdict = worst(results),
        .interrupted = std::ranges::any_of(results, &Result::interrupted),
        .end = std::ranges::any_of(results, &Result::interrupted) ? "a run was interrupted" : "",
        .headline = fmt::format("{}: {}", report::counted(results.size(), "report"), verdicts(results)),
        .provenance = provenance,
        .rows = {{"NMIs", fmt::format("{} handled, {}, {}, {}", report::grouped(sum(results, &Result::nmis)),
                                      report::counted(sum(results, &Result::swaps), "swap"),
                                      report::counted(sum(results, &Result::grace_periods), "grace period"),
                                      report::counted(sum(results, &Result::overlaps), "overlap"))}},
        .tables = {files(results)}};
    if (!rows.empty()) {
        document.tables.push_back(matrix(rows));
    }
    for (const Result& result : results) {
        for (report::FindingText finding : result.findings) {
            finding.lines.push_back("  in " + result.file);
            document.findings.push_back(std::move(finding));
        }
    }
    const auto bad = std::ranges::find_if(
        results, [&document](const Result& result) { return result.verdict == document.verdict; });
    if (document.verdict != Outcome::pass && bad != results.end()) {
        document.advice = fmt::format("To repeat the run of {}: {}", bad->file, bad->reproduce);
    }
    document.cases = cases_of(results, rows);
    document.figures = to_json(results, rows, document.interrupted);
    return document;
}

}  // namespace nmistorm::campaign
