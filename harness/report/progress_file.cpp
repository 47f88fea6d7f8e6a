// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/progress_file.h"

#include "report/schedule_file.h"
#include "report/schemas.h"
#include "report/state_file.h"

namespace nmistorm::report {

template <>
struct JsonWord<oracle::SearchEnd> {
    static constexpr auto parse = oracle::parse_search_end;
};
template <>
struct JsonMembers<oracle::Round> {
    static void each(auto& self, auto io) {
        io("condition", self.condition), io("preemptions", self.preemptions), io("end", self.end);
        io("ended", self.tally.ended), io("merged", self.tally.merged), io("states", self.tally.states);
        io("units", self.tally.units), io("done", self.tally.done), io("steps", self.steps);
        io("seconds", self.seconds);
    }
};
template <>
struct JsonMembers<oracle::TouchedWord> {
    static void each(auto& self, auto io) {
        io("address", self.address), io("readers", self.readers), io("writers", self.writers);
    }
};
template <>
struct JsonMembers<oracle::Checkpoint> {
    static void each(auto& self, auto io) {
        io("rounds", self.rounds), io("shards_disagree", self.shards_disagree);
        io("touched", self.touched), io("covered", self.covered);
    }
};

namespace {

constexpr StateFile progress_kind = {"progress", progress_schema, "nmistorm-progress",
                                     "begin again with another file for --resume"};

oracle::Checkpoint progress_of(const Json& json, const ProgressOf& of) {
    if (of.build_id.empty()) {
        throw Misfit{
            fmt::format("cannot be known to be of {}, which has no build id: link it with one", of.image)};
    }
    if (member(json, "build_id") != of.build_id) {
        throw Misfit{"made for another image: begin again, with another file"};
    }
    constexpr auto file = plan::Kept::in_progress;
    if (kept_json(kept_plan(member(json, "plan"), file), file) != kept_json(of.plan, file)) {
        throw Misfit{"made with other flags: give the same again, or begin again with another file"};
    }
    oracle::Checkpoint progress;
    read(json, progress);
    for (const oracle::TouchedWord& word : progress.touched) {
        if (word.address >= of.memory_end || word.address % oracle::TouchedWord::size != 0) {
            throw Misfit{fmt::format("{} is no address of a word in the guest's memory", word.address)};
        }
    }
    for (const std::uint32_t address : progress.covered) {
        if (address < of.image_begin || address >= of.image_end) {
            throw Misfit{fmt::format("{} is no address of the image", address)};
        }
    }
    return progress;
}

}  // namespace

std::string text_of(const oracle::Checkpoint& progress, const plan::ExplorePlan& plan,
                    const std::string& build_id) {
    Json json = {{"schema", progress_schema},
                 {"build_id", build_id},
                 {"plan", kept_json(plan, plan::Kept::in_progress)}};
    json.update(json_of(progress));
    return in_lines(json);
}

oracle::Checkpoint parse_progress(std::string_view text, const ProgressOf& of, const std::string& name) {
    return read_state(text, progress_kind, name, [&of](const Json& json) { return progress_of(json, of); });
}

}  // namespace nmistorm::report
