// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "decoded.h"

namespace nmistorm::trace {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;
namespace fact = oracle::fact;
using oracle::Record;
using oracle::Recorded;

constexpr std::uint32_t callback = 0x1000;
constexpr std::uint32_t dummy = 0x2000;

std::string name_at(GuestVirt at) {
    return at.value == callback ? "(anonymous namespace)::counting(int)" : at.value == dummy ? "dummy" : "";
}

struct Facts {
    std::uint64_t order = 0;
    std::vector<Record> records = {};

    Facts& on(unsigned vcpu, const oracle::Fact& fact) {
        records.emplace_back(Recorded{{.order = order++, .vcpu = vcpu}, fact});
        return *this;
    }
};

std::string bytes_of(const std::vector<Record>& records, Subject subject = {}, const End& end = {}) {
    std::string bytes;
    subject.image = "a.elf";
    subject.vcpus = 2;
    subject.name_at = name_at;
    oracle::Judge judge(subject.vcpus);
    Trace trace(subject, [&bytes](std::string_view more) { bytes += more; });
    for (const Record& record : records) {
        judge.take(record);
        trace.take(record, judge);
    }
    trace.end(end);
    return bytes;
}

Decoded trace_of(const std::vector<Record>& records, const Subject& subject = {}, const End& end = {}) {
    return decoded(bytes_of(records, subject, end));
}

/// One NMI of our guest.
Facts& nmi(Facts& facts, unsigned vcpu, std::uint32_t generation = 1) {
    return facts.on(vcpu, fact::NmiEntered{.ip = 0x30, .from_idle = true, .count = 7})
        .on(vcpu, fact::CallbackLoaded{callback})
        .on(vcpu, fact::NmiLeft{callback, generation, true, false});
}

TEST(Trace, shows_an_nmi_on_its_vcpus_track) {
    Facts facts;
    nmi(facts, 1);
    const Decoded trace = trace_of(facts.records);
    EXPECT_THAT(trace.slices("vCPU 0"), SizeIs(0));
    const auto slices = trace.slices("vCPU 1");
    ASSERT_EQ(slices.size(), 2U);
    EXPECT_EQ(slices[0].name, "NMI handler");
    EXPECT_EQ(slices[0].begin, 0U);
    EXPECT_EQ(slices[0].end, 2000U) << "a fact is a microsecond";
    EXPECT_THAT(slices[0].arguments, Contains(Pair("callback", "counting")));
    EXPECT_THAT(slices[0].arguments, Contains(Pair("generation", "1")));
    EXPECT_THAT(slices[0].arguments, Contains(Pair("answered", "true")));
    EXPECT_THAT(slices[0].arguments, Contains(Pair("defaulted", "false")));
    EXPECT_THAT(slices[0].arguments, Contains(Pair("from_idle", "true")));
    EXPECT_THAT(slices[0].arguments, Contains(Pair("nmi_count", "7")));
    EXPECT_THAT(slices[0].arguments, Contains(Pair("interrupted", "0x30")));
    EXPECT_EQ(slices[1].name, "counting");
    EXPECT_EQ(slices[1].depth, 1U);
    EXPECT_EQ(slices[1].begin, 1000U);
    EXPECT_EQ(slices[1].end, 2000U);
    EXPECT_FALSE(slices[1].arguments.contains("cut_short"));
}

TEST(Trace, shows_an_nmi_of_stepping_from_its_coming_to_its_return) {
    Facts facts;
    facts.on(0, fact::NmiTaken{})
        .on(0, fact::NmiEntered{})
        .on(0, fact::CallbackLoaded{callback})
        .on(0, fact::CallbackBegan{callback})
        .on(0, fact::CallbackLoaded{dummy})
        .on(0, fact::CallbackEnded{})
        .on(0, fact::NmiReturned{});
    const Decoded trace = trace_of(facts.records);
    const auto slices = trace.slices("vCPU 0");
    ASSERT_EQ(slices.size(), 3U);
    EXPECT_EQ(slices[0].name, "NMI");
    EXPECT_EQ(slices[0].end, 6000U);
    EXPECT_EQ(slices[1].name, "NMI handler");
    EXPECT_EQ(slices[1].end, 6000U);
    EXPECT_EQ(slices[2].name, "counting");
    EXPECT_EQ(slices[2].end, 5000U);
    ASSERT_EQ(trace.instants("nmi_callback loaded again").size(), 1U);
    EXPECT_THAT(trace.instants("nmi_callback loaded again")[0].arguments,
                Contains(Pair("callback", "dummy")));
}

TEST(Trace, shows_readers_offline_times_and_what_hit_a_tripwire) {
    Facts facts;
    facts.on(1, fact::ReaderBegan{3})
        .on(1, fact::ReaderEnded{3})
        .on(1, fact::WentOffline{})
        .on(1, fact::WentOnline{})
        .on(0, fact::WentOnline{})
        .on(0, fact::Touched{0x40, 4, true})
        .on(0, fact::Tripped{abi::Trip::data_magic, 0x6b6b6b6b, 3});
    const Decoded trace = trace_of(facts.records);
    ASSERT_EQ(trace.named("reader").size(), 1U);
    EXPECT_THAT(trace.named("reader")[0].arguments, Contains(Pair("generation", "3")));
    ASSERT_EQ(trace.named("offline").size(), 1U);
    EXPECT_EQ(trace.named("offline")[0].track, "vCPU 1");
    EXPECT_EQ(trace.named("offline")[0].end, 3000U);
    EXPECT_THAT(trace.instants("online"), SizeIs(1)) << "it was not seen to go offline";
    EXPECT_THAT(trace.instants("write"), SizeIs(1));
    ASSERT_EQ(trace.instants("tripwire").size(), 1U);
    EXPECT_THAT(trace.instants("tripwire")[0].arguments, Contains(Pair("value", "0x6b6b6b6b")));
    EXPECT_THAT(trace.instants("tripwire")[0].arguments, Contains(Pair("tripwire", "data_magic")));
}

TEST(Trace, shows_a_swap_beside_the_grace_period_that_it_waits_for) {
    Facts facts;
    facts.on(0, fact::Published{dummy, 0})
        .on(0, fact::Allocated{0x500, 1, 16})
        .on(0, fact::Published{callback, 1})
        .on(0, fact::Retired{callback, 1})
        .on(0, fact::GracePeriodBegan{9})
        .on(0, fact::GracePeriodEnded{9, 640})
        .on(0, fact::Freed{0x500, 1});
    const Decoded trace = trace_of(facts.records);
    const auto slices = trace.slices("handler data 1");
    ASSERT_EQ(slices.size(), 3U);
    EXPECT_EQ(slices[0].name, "generation 1");
    EXPECT_EQ(slices[0].begin, 1000U);
    EXPECT_EQ(slices[0].end, 6000U);
    EXPECT_THAT(slices[0].arguments, Contains(Pair("block", "0x500")));
    EXPECT_EQ(slices[1].name, "published: counting");
    EXPECT_EQ(slices[1].begin, 2000U);
    EXPECT_EQ(slices[1].end, 3000U);
    EXPECT_EQ(slices[2].name, "retired: counting");
    EXPECT_EQ(slices[2].begin, 3000U);
    EXPECT_EQ(slices[2].end, 6000U);
    const auto grace_periods = trace.slices("grace periods");
    ASSERT_EQ(grace_periods.size(), 1U);
    EXPECT_EQ(grace_periods[0].name, "grace period 9");
    EXPECT_EQ(grace_periods[0].begin, 4000U);
    EXPECT_EQ(grace_periods[0].end, 5000U);
    EXPECT_THAT(grace_periods[0].arguments, Contains(Pair("tsc_ticks", "640")));
    EXPECT_THAT(trace.instants("publish"), SizeIs(1)) << "of the dummy, which has no data";
}

TEST(Trace, shows_lives_that_overlap_beside_each_other) {
    Facts facts;  // the second goes in over the first
    facts.on(0, fact::Allocated{0x500, 1})
        .on(0, fact::Published{callback, 1})
        .on(0, fact::Allocated{0x600, 2})
        .on(0, fact::Published{dummy, 2})
        .on(0, fact::Retired{callback, 1})
        .on(0, fact::Freed{0x500, 1})
        .on(0, fact::Allocated{0x500, 3});
    const Decoded trace = trace_of(facts.records);
    ASSERT_EQ(trace.slices("handler data 2").size(), 2U);
    EXPECT_EQ(trace.slices("handler data 2")[0].name, "generation 2");
    const auto first = trace.slices("handler data 1");
    ASSERT_EQ(first.size(), 4U);
    EXPECT_EQ(first[3].name, "generation 3") << "the lane is free again";
    EXPECT_EQ(first[0].end, 5000U);
    EXPECT_THAT(first[3].arguments, Contains(Pair("unfinished", "true")));
}

TEST(Trace, knows_a_steppers_blocks_without_generations) {
    Facts facts;
    facts.on(0, fact::Allocated{.block = 0x500, .size = 24})
        .on(0, fact::Published{callback})
        .on(0, fact::Retired{callback})
        .on(0, fact::Freed{0x500});
    const auto slices = trace_of(facts.records).slices("handler data 1");
    ASSERT_EQ(slices.size(), 3U);
    EXPECT_EQ(slices[0].name, "handler data");
    EXPECT_EQ(slices[0].end, 3000U);
    EXPECT_EQ(slices[2].name, "retired: counting");
}

TEST(Trace, shows_a_finding_where_the_rule_was_broken) {
    Facts facts;
    facts.on(0, fact::Allocated{0x500, 1}).on(0, fact::Published{callback, 1});
    facts.on(1, fact::NmiEntered{}).on(1, fact::CallbackLoaded{callback});
    facts.on(0, fact::Retired{callback, 1}).on(0, fact::GracePeriodBegan{1}).on(0, fact::GracePeriodEnded{1});
    const std::uint64_t broken = (facts.order - 1) * 1000;
    facts.on(0, fact::UpdaterDone{});
    const Decoded trace = trace_of(facts.records);
    const auto findings = trace.instants("finding: grace-period");
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].time, broken);
    EXPECT_EQ(trace.tracks.at(findings[0].track), "vCPU 1");
    EXPECT_EQ(findings[0].category, "finding");
    EXPECT_THAT(findings[0].arguments, Contains(Pair("rule", "grace-period")));
    EXPECT_THAT(findings[0].arguments, Contains(Pair("sentence", HasSubstr("vCPU 1"))));
    EXPECT_EQ(trace.named("NMI handler")[0].end, broken + 1000) << "it was under way";
}

TEST(Trace, shows_each_finding_once_and_those_of_the_end_at_the_end) {
    Facts facts;
    facts.on(0, fact::Freed{0x500, 1}).on(0, fact::Freed{0x500, 1}).on(0, fact::UpdaterDone{});
    oracle::Judge judge(2);
    for (const Record& record : facts.records) {
        judge.take(record);
    }
    End end{.findings = judge.findings()};
    ASSERT_FALSE(end.findings.empty());
    const std::size_t before = end.findings.size();
    end.findings.push_back({oracle::Rule::delivery, 5, {}, {}, "of no vCPU", {}, {}});
    const Decoded trace = trace_of(facts.records, {}, end);
    std::size_t shown = 0;
    for (const Event& event : trace.events) {
        shown += event.category == "finding" ? 1 : 0;
    }
    EXPECT_EQ(shown, before + 1);
    ASSERT_EQ(trace.instants("finding: delivery").size(), 1U);
    EXPECT_EQ(trace.tracks.at(trace.instants("finding: delivery")[0].track), "guest a.elf");
}

TEST(Trace, ends_what_was_under_way_where_events_were_lost) {
    Facts facts;
    facts.on(1, fact::NmiEntered{}).on(0, fact::GracePeriodBegan{1}).on(0, fact::Allocated{0x500, 1});
    facts.records.emplace_back(oracle::Gap{});
    facts.order += 5;
    facts.on(1, fact::NmiLeft{});
    facts.on(0, fact::GracePeriodEnded{1}).on(1, fact::CallbackEnded{}).on(1, fact::ReaderEnded{});
    facts.on(1, fact::NmiReturned{}).on(0, fact::Freed{0x500, 1}).on(0, fact::Retired{callback, 1});
    const Decoded trace = trace_of(facts.records, {}, {.events_lost = 5});
    ASSERT_EQ(trace.all_slices.size(), 3U);
    for (const Slice& slice : trace.all_slices) {
        EXPECT_THAT(slice.arguments, Contains(Pair("events_lost", "true")));
        EXPECT_EQ(slice.end, 2000U);
    }
    ASSERT_EQ(trace.instants("events lost").size(), 1U);
    EXPECT_THAT(trace.instants("events lost")[0].arguments, Contains(Pair("events", "5")));
    EXPECT_EQ(trace.instants("events lost")[0].time, 3000U);
    EXPECT_THAT(trace.instants("5 events lost in all"), SizeIs(1));
    for (const char* unseen : {"NMI handler left, unseen entry", "grace period ended, unseen begin",
                               "callback ended, unseen begin", "reader ended, unseen begin",
                               "NMI returned, unseen begin", "free", "retire"}) {
        EXPECT_THAT(trace.instants(unseen), SizeIs(1)) << unseen;
    }
}

TEST(Trace, shows_rates_by_the_hosts_clock) {
    Facts facts;
    for (int i = 0; i < 1000; ++i) {
        nmi(facts, 1);
    }
    Clock::time_point now{};
    Subject subject;
    subject.clock = [&now] { return now += std::chrono::milliseconds(10); };
    const Decoded trace = trace_of(facts.records, subject);
    const auto rates = trace.counts("vCPU 1: NMIs handled");
    ASSERT_FALSE(rates.empty());
    EXPECT_GT(rates[0].value, 0);
    EXPECT_TRUE(trace.counts("vCPU 0: NMIs handled").empty()) << "it stays at nothing";
    const auto clock = trace.counts("host's clock when facts were read");
    ASSERT_GT(clock.size(), 2U);
    EXPECT_EQ(clock[0].value, 0);
    EXPECT_GE(clock[1].value, 100);
    EXPECT_GT(clock.back().value, clock[1].value);
    const Decoded without = trace_of(facts.records);
    EXPECT_TRUE(without.counts("vCPU 1: NMIs handled").empty());
}

TEST(Trace, counts_the_nmis_that_interrupted_idle_up_to_the_last) {
    Facts facts;
    facts.on(0, fact::NmiEntered{}).on(0, fact::NmiLeft{});
    for (int i = 0; i < 70; ++i) {
        nmi(facts, 1);
    }
    const Decoded trace = trace_of(facts.records);
    EXPECT_TRUE(trace.counts("vCPU 0: NMIs from idle").empty()) << "it was not idle";
    const auto counts = trace.counts("vCPU 1: NMIs from idle");
    ASSERT_GT(counts.size(), 2U);
    EXPECT_LT(counts.size(), 10U) << "it is shown now and then";
    EXPECT_EQ(counts[0].value, 1);
    EXPECT_EQ(counts[0].time, 2000U);
    EXPECT_EQ(counts.back().value, 70);
}

TEST(Trace, shows_where_the_host_asked_for_an_nmi_and_what_each_source_was_asked_for) {
    std::string bytes;
    oracle::Judge judge(2);
    Trace trace({.image = "a.elf", .command = {}, .vcpus = 2},
                [&bytes](std::string_view more) { bytes += more; });
    Facts facts;
    facts.on(0, fact::ReaderBegan{}).on(1, fact::NmiTaken{});
    judge.take(facts.records[0]);
    trace.take(facts.records[0], judge);
    trace.nmi_requested(1);
    trace.requests({{plan::Source::kvm_nmi, 5, 5}, {plan::Source::pit, 0, 0}});
    judge.take(facts.records[1]);
    trace.take(facts.records[1], judge);
    trace.requests({{plan::Source::kvm_nmi, 5, 5}, {plan::Source::pit, 2, 1}});
    trace.end({.sources = {{plan::Source::kvm_nmi, 7, 7}, {plan::Source::pit, 2, 2}}});
    const Decoded shown = decoded(bytes);
    ASSERT_EQ(shown.instants("NMI requested").size(), 1U);
    EXPECT_EQ(shown.tracks.at(shown.instants("NMI requested")[0].track), "vCPU 1");
    EXPECT_EQ(shown.instants("NMI requested")[0].time, 0U);
    const auto values = [&shown](const char* track) {
        std::vector<std::int64_t> counted;
        for (const Event& event : shown.counts(track)) {
            counted.push_back(event.value);
        }
        return counted;
    };
    EXPECT_EQ(values("NMIs requested: kvm-nmi"), (std::vector<std::int64_t>{5, 7}));
    EXPECT_EQ(values("NMIs requested: pit"), (std::vector<std::int64_t>{0, 2}));
}

TEST(Trace, counts_overlaps_up_to_the_last) {
    Facts facts;
    facts.on(0, fact::Allocated{0x500, 1}).on(0, fact::Published{callback, 1});
    for (int i = 0; i < 3; ++i) {
        facts.on(1, fact::NmiEntered{}).on(1, fact::CallbackLoaded{callback});
        facts.on(0, fact::Retired{callback, 1});
        facts.on(1, fact::NmiLeft{callback, 1, true, false});
        facts.on(0, fact::Published{callback, 1});
    }
    oracle::Judge judge(2);
    for (const Record& record : facts.records) {
        judge.take(record);
    }
    ASSERT_GT(judge.tally().overlaps, 0U);
    EXPECT_EQ(trace_of(facts.records).counts("overlaps").back().value,
              static_cast<std::int64_t>(judge.tally().overlaps));
}

TEST(ShortName, is_what_a_slice_has_room_for) {
    EXPECT_EQ(short_name("do_nmi"), "do_nmi");
    EXPECT_EQ(short_name("(anonymous namespace)::long_callback_0(pt_regs*, int)"), "long_callback_0");
    EXPECT_EQ(short_name("void (anonymous namespace)::dwell<void (*)()>(void (*)())"), "dwell");
    EXPECT_EQ(short_name("guest::rcu::enter(guest::Cpu const&)"), "guest::rcu::enter");
    EXPECT_EQ(short_name(""), "");
    EXPECT_EQ(short_name("<"), "");
}

TEST(Trace, says_what_its_axis_is_and_how_the_run_ended) {
    const Decoded trace = trace_of(Facts{}.on(0, fact::UpdaterDone{}).records, {}, {.interrupted = true});
    EXPECT_THAT(trace.labels, Contains(HasSubstr("1 us is one fact")));
    ASSERT_EQ(trace.instants("interrupted").size(), 1U);
    EXPECT_THAT(trace.instants("interrupted")[0].arguments, Contains(Pair("facts", "1")));
    EXPECT_THAT(trace.instants("updater done"), SizeIs(1));
    EXPECT_THAT(trace_of({}).instants("end"), SizeIs(1));
}

TEST(Trace, escapes_and_limits_what_the_guest_names) {
    Subject subject;
    subject.command = {"nmistorm", std::string(5000, 'x')};
    Facts facts;
    facts.records.emplace_back(oracle::Malformed{1, {}, "\xff\x1b[31m" + std::string(5000, 'y')});
    const Decoded trace = trace_of(facts.records, subject);
    ASSERT_EQ(trace.instants("malformed").size(), 1U);
    const std::string shown = trace.instants("malformed")[0].arguments.at("what");
    EXPECT_THAT(shown, testing::StartsWith("\\xff\\x1b[31m"));
    EXPECT_LT(shown.size(), 1100U);
    EXPECT_LT(bytes_of(facts.records, subject).size(), 4000U);
}

TEST(Trace, is_valid_for_orders_beyond_perfettos_time) {
    std::vector<Record> records;
    for (const std::uint64_t order :
         {std::uint64_t{1}, std::uint64_t{1} << 60, ~std::uint64_t{1}, ~std::uint64_t{0}}) {
        records.emplace_back(Recorded{{.order = order, .vcpu = 0}, fact::ReaderBegan{}});
    }
    const Decoded trace = trace_of(records);
    for (const Event& event : trace.events) {
        EXPECT_LE(event.time, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    }
}

/// Of any kind, with any values.
template <std::size_t index = 0>
oracle::Fact some_fact(std::size_t kind, auto& random) {
    if constexpr (index < std::variant_size_v<oracle::Fact>) {
        if (kind != index) {
            return some_fact<index + 1>(kind, random);
        }
        std::variant_alternative_t<index, oracle::Fact> fact;
        fact.fields(fact, [&random]<typename Field>(Field& field) {
            const auto value = static_cast<std::uint32_t>(random() % 4);
            if constexpr (std::is_same_v<Field, std::optional<std::uint32_t>>) {
                field = value == 0 ? std::nullopt : std::optional(value - 1);
            } else if constexpr (std::is_same_v<Field, bool>) {
                field = value % 2 == 0;
            } else {
                field = static_cast<Field>(value);
            }
        });
        return fact;
    }
    return {};
}

TEST(Trace, of_any_facts_in_any_order_is_valid) {
    for (unsigned seed = 0; seed < 50; ++seed) {
        std::mt19937 random(seed);
        std::vector<Record> records;
        std::size_t handlers = 0;
        for (std::uint64_t order = 0; records.size() < 2000; order += 1 + random() % 3) {
            const auto vcpu = static_cast<unsigned>(random() % 2);
            switch (random() % 40) {
                case 0:
                    records.emplace_back(oracle::Gap{});
                    break;
                case 1:
                    records.emplace_back(oracle::Sample{.vcpu = vcpu, .counters = {}});
                    break;
                case 2:
                    records.emplace_back(oracle::Malformed{vcpu, {}, "it is wrong"});
                    break;
                case 3:
                    records.emplace_back(oracle::AtRest{vcpu, {}, {}});
                    break;
                case 4:
                    records.emplace_back(oracle::FatalExit{vcpu, "panic", {}, 0x10});
                    break;
                case 5:
                    records.emplace_back(oracle::Deadlock{vcpu, {}});
                    break;
                default: {
                    const oracle::Fact fact = some_fact(random() % std::variant_size_v<oracle::Fact>, random);
                    records.emplace_back(Recorded{
                        {.order = order, .vcpu = vcpu, .in_nmi = random() % 2 == 0, .ip = GuestVirt{0x10}},
                        fact});
                    handlers += std::holds_alternative<fact::NmiEntered>(fact) ? 1 : 0;
                }
            }
        }
        const Decoded trace = trace_of(records);
        EXPECT_GT(trace.all_slices.size(), 100U);
        EXPECT_LE(trace.named("NMI handler").size(), handlers);
    }
}

TEST(Trace, keeps_nothing_of_what_a_guest_makes_up) {
    Facts facts;
    for (std::uint32_t i = 1; i < 20'000; ++i) {
        facts.on(0, fact::NmiEntered{.ip = i * 64}).on(0, fact::CallbackLoaded{i * 64});
        facts.on(0, fact::NmiLeft{i * 64, i, true, false}).on(0, fact::Allocated{i * 64, i});
        facts.on(0, fact::GracePeriodBegan{i});
    }
    const Decoded trace = trace_of(facts.records);
    EXPECT_LT(trace.texts, 4 * Interned::capacity + 1);
    EXPECT_LT(trace.tracks.size(), 100U) << "lanes are limited";
    EXPECT_THAT(trace.named("NMI handler"), SizeIs(testing::Gt(19'000U)));
    for (const Slice& slice : trace.all_slices) {
        EXPECT_LT(slice.depth, Slices::depth_max);
    }
}

}  // namespace
}  // namespace nmistorm::trace
