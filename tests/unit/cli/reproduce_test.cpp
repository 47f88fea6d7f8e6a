// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/reproduce.h"

#include <wordexp.h>

#include <random>

#include <gtest/gtest.h>

#include "parse_words.h"
#include "plan/names.h"

namespace nmistorm::cli {
namespace {

/// The words a shell makes of @p line, which contains nothing to expand.
std::vector<std::string> shell_words(const std::string& line) {
    wordexp_t expansion{};
    EXPECT_EQ(wordexp(line.c_str(), &expansion, WRDE_NOCMD | WRDE_UNDEF), 0) << line;
    std::vector<std::string> words(expansion.we_wordv, expansion.we_wordv + expansion.we_wordc);
    wordfree(&expansion);
    return words;
}

class Dice {
  public:
    explicit Dice(unsigned seed) : engine_(seed) {}
    std::uint64_t upto(std::uint64_t most) {
        return std::uniform_int_distribution<std::uint64_t>(0, most)(engine_);
    }
    bool coin() { return upto(1) == 1; }

  private:
    std::mt19937_64 engine_;
};

plan::Pace any_pace(Dice& dice) {
    const auto kind = static_cast<plan::Pace::Kind>(dice.upto(3));
    const bool counts = kind == plan::Pace::Kind::rate || kind == plan::Pace::Kind::burst;
    return {kind, counts ? static_cast<std::uint32_t>(1 + dice.upto(plan::pace_n_max - 1)) : 0};
}

plan::Targets any_targets(Dice& dice, unsigned vcpus) {
    plan::Targets targets;
    if (dice.coin() && vcpus > 1) {
        targets.kind = plan::Targets::Kind::others;
    } else if (dice.coin()) {
        targets.kind = plan::Targets::Kind::list;
        for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu) {
            if (dice.coin() || (vcpu + 1 == vcpus && targets.list.empty())) {
                targets.list.push_back(vcpu);
            }
        }
    }
    return targets;
}

/// Any plan that flags can ask for.
plan::RunPlan any_plan(Dice& dice) {
    constexpr const char* files[] = {"g.elf", "my guest.elf", "it's", "$HOME `x` \"y\" \\", "./-x",
                                     "~/g",   "a#b;c",        "*",    "\xc3\xa9\xff"};
    plan::RunPlan plan;
    plan.arch = static_cast<plan::Arch>(dice.upto(1));
    if (dice.coin()) {
        plan.guest_file = files[dice.upto(std::size(files) - 1)];
    } else {
        plan.fault = static_cast<abi::Fault>(dice.upto(abi::fault_count - 1));
        if (dice.coin()) {
            plan.guest_build = "clang-Os-lto";
        }
    }
    plan.vcpus = static_cast<unsigned>(1 + dice.upto(abi::max_cpus - 1));
    if (dice.coin()) {
        plan.sources = dice.coin() ? plan::all_sources() : std::vector{plan::Source::msi, plan::Source::ipi};
        plan.vcpus = std::min(plan.vcpus, 255U);
        plan.apic = static_cast<plan::Apic>(dice.upto(1));
    }
    plan.pace = any_pace(dice);
    plan.injector = static_cast<plan::Injector>(dice.upto(1));
    if (plan.injector == plan::Injector::own && plan.pace.kind != plan::Pace::Kind::rate && dice.coin()) {
        plan.slice = std::chrono::microseconds(1 + dice.upto(9'999'999));
    }
    plan.targets = any_targets(dice, plan.vcpus);
    plan.cycle = static_cast<abi::Cycle>(dice.upto(abi::cycle_count - 1));
    plan.hotplug = dice.coin() && plan.vcpus > 1 &&
                   (plan.targets.list.empty() || plan.targets.list.back() == plan.vcpus - 1);
    plan.profile = dice.coin();
    plan.pin = dice.coin();
    plan.work = static_cast<std::uint32_t>(1 + dice.upto(abi::work_all - 1));
    if (dice.coin()) {
        plan.churn = plan::churn_min + std::chrono::milliseconds(dice.upto(100'000));
    }
    plan.handlers = static_cast<std::uint32_t>(1 + dice.upto(abi::handlers_all - 1));
    if (plan.profile) {
        plan.handlers |= abi::handler_sampling;
    }
    if (dice.coin()) {
        plan.nmis = 1 + dice.upto(UINT64_MAX - 1);
        plan.duration.reset();
    }
    if (dice.coin() && plan.sources.size() == 1) {
        plan.until_covered = true;
        plan.duration.reset();
    }
    if ((!plan.nmis && !plan.until_covered) || dice.coin()) {
        constexpr std::uint64_t units_ms[] = {1, 1000, 60'000, 3'600'000};
        plan.duration = std::chrono::milliseconds((1 + dice.upto(999)) * units_ms[dice.upto(3)]);
    }
    plan.seed = dice.upto(UINT64_MAX);
    plan.observe = static_cast<plan::Observe>(dice.upto(1));
    return plan;
}

/// What the program makes of the command line @p line.
template <typename Command>
Command parsed_again(const std::string& line) {
    std::vector<std::string> words = shell_words(line);
    words.erase(words.begin());
    return std::get<Command>(parse_words(words));
}

TEST(Reproduce, the_default_plan_is_its_seed) {
    EXPECT_EQ(reproduce(plan::RunPlan()), "nmistorm storm --seed 1");
}

TEST(Reproduce, only_what_differs_is_said_and_quoted_where_a_shell_needs_it) {
    plan::RunPlan plan;
    plan.guest_file = "it's mine.elf";
    plan.pace = {plan::Pace::Kind::rate, 500};
    plan.nmis = 9;
    EXPECT_EQ(reproduce(plan),
              "nmistorm storm --guest 'it'\\''s mine.elf' --duration 10s --nmis 9 --pace rate=500 --seed 1");
}

TEST(Reproduce, a_shell_and_the_parser_make_the_same_plan_of_it_again) {
    Dice dice(1);
    for (int i = 0; i < 500; ++i) {
        const plan::RunPlan plan = any_plan(dice);
        const std::string line = reproduce(plan);
        const auto again = parsed_again<StormCommand>(line);
        ASSERT_EQ(again.plan, plan) << line;
        ASSERT_EQ(again.reproduce, line);
    }
}

TEST(Reproduce, a_benchmark_is_what_differs) {
    plan::BenchPlan plan;
    EXPECT_EQ(reproduce(plan), "nmistorm bench");
    plan.arch = plan::Arch::i386;
    plan.sources = {plan::Source::msi, plan::Source::pit};
    plan.duration = std::chrono::milliseconds(250);
    plan.rounds = 7;
    plan.vcpus = 64;
    plan.pin = true;
    const std::string line = reproduce(plan);
    EXPECT_EQ(line,
              "nmistorm bench --arch i386 --source msi,pit --duration 250ms --rounds 7 --vcpus 64 --pin");
    const auto again = parsed_again<BenchCommand>(line);
    EXPECT_EQ(again.plan, plan);
    EXPECT_EQ(again.reproduce, line);
}

TEST(Reproduce, a_matrix_is_its_seed_and_what_differs) {
    plan::MatrixPlan plan;
    EXPECT_EQ(reproduce(plan), "nmistorm matrix --seed 1");
    plan.arch = plan::Arch::i386;
    plan.faults = {abi::Fault::none, abi::Fault::torn_publish};
    plan.guest_builds = {"clang-O3", "gcc-O0"};
    plan.injector = plan::Injector::central;
    plan.seeds = 20;
    plan.duration = std::chrono::seconds(5);
    plan.jobs = 4;
    plan.seed = UINT64_MAX;
    const std::string line = reproduce(plan);
    EXPECT_EQ(line,
              "nmistorm matrix --arch i386 --faults none,torn-publish --guest-build clang-O3,gcc-O0 "
              "--injector central --seeds 20 --duration 5s --jobs 4 --seed 18446744073709551615");
    const auto again = parsed_again<MatrixCommand>(line);
    EXPECT_EQ(again.plan, plan);
    EXPECT_EQ(again.reproduce, line);
}

}  // namespace
}  // namespace nmistorm::cli
