// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parse_words.h"

namespace nmistorm::cli {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using Words = std::vector<std::string>;

TEST(CommandLine, storm_without_a_flag_is_the_default_plan_with_a_seed_of_its_own) {
    StormCommand command = storm({});
    EXPECT_EQ(command.reproduce, "nmistorm storm --seed " + std::to_string(command.plan.seed));
    EXPECT_LE(command.plan.seed, UINT32_MAX);
    command.plan.seed = plan::RunPlan().seed;
    EXPECT_EQ(command.plan, plan::RunPlan());
    EXPECT_FALSE(command.output.json);
    EXPECT_EQ(command.output.progress, ShowProgress::automatic);
    EXPECT_FALSE(command.output.quiet);
}

TEST(CommandLine, seeds_that_were_not_given_differ) {
    // Three equal ones of 32 bits happen by chance once in 2^64.
    const auto seed = storm({}).plan.seed;
    EXPECT_TRUE(storm({}).plan.seed != seed || storm({}).plan.seed != seed);
}

TEST(CommandLine, every_flag_reaches_the_command) {
    const StormCommand command = storm({"--arch",        "i386",         "--vcpus",   "6",
                                        "--duration",    "5m",           "--nmis",    "1000",
                                        "--source",      "kvm-nmi",      "--pace",    "burst=3",
                                        "--targets",     "5,0",          "--cycle",   "replace",
                                        "--fault",       "torn-publish", "--seed",    "18446744073709551615",
                                        "--observe",     "counters",     "--json",    "-",
                                        "--progress",    "never",        "--quiet",   "--handlers",
                                        "sampling,long", "--profile",    "--hotplug", "--guest-build",
                                        "clang-O3-lto",  "--slice",      "300us"});
    EXPECT_EQ(command.plan.arch, plan::Arch::i386);
    EXPECT_EQ(command.plan.vcpus, 6U);
    EXPECT_EQ(command.plan.duration, std::chrono::minutes(5));
    EXPECT_EQ(command.plan.nmis, 1000U);
    EXPECT_EQ(command.plan.pace, (plan::Pace{plan::Pace::Kind::burst, 3}));
    EXPECT_EQ(command.plan.injector, plan::Injector::own);
    EXPECT_EQ(command.plan.slice, std::chrono::microseconds(300));
    EXPECT_EQ(storm({"--injector", "central"}).plan.injector, plan::Injector::central);
    EXPECT_EQ(command.plan.targets.list, (std::vector<unsigned>{0, 5}));
    EXPECT_EQ(command.plan.cycle, abi::Cycle::replace);
    EXPECT_EQ(command.plan.handlers, abi::handler_sampling | abi::handler_long);
    EXPECT_TRUE(command.plan.profile);
    EXPECT_TRUE(command.plan.hotplug);
    EXPECT_EQ(command.plan.fault, abi::Fault::torn_publish);
    EXPECT_EQ(command.plan.guest_build, "clang-O3-lto");
    EXPECT_EQ(command.plan.seed, UINT64_MAX);
    EXPECT_EQ(command.plan.observe, plan::Observe::counters);
    EXPECT_EQ(command.output.json, "-");
    EXPECT_EQ(command.output.progress, ShowProgress::never);
    EXPECT_TRUE(command.output.quiet);
    EXPECT_EQ(storm({"--html", "storm.html"}).output.html, "storm.html");
    EXPECT_EQ(storm({"--guest=my guest.elf"}).plan.guest_file, "my guest.elf");
}

TEST(CommandLine, nmis_without_a_duration_lifts_the_limit_on_time) {
    EXPECT_EQ(storm({"--nmis", "5"}).plan.duration, std::nullopt);
    EXPECT_EQ(storm({"--nmis", "5", "--duration", "10s"}).plan.duration, seconds(10));
    EXPECT_EQ(storm({"--duration", "1s"}).plan.nmis, std::nullopt);
}

TEST(CommandLine, until_covered_without_a_duration_lifts_the_limit_on_time) {
    EXPECT_TRUE(storm({"--until", "covered"}).plan.until_covered);
    EXPECT_EQ(storm({"--until", "covered"}).plan.duration, std::nullopt);
    EXPECT_EQ(storm({"--until", "covered", "--duration", "10s"}).plan.duration, seconds(10));
    EXPECT_FALSE(storm({}).plan.until_covered);
}

TEST(CommandLine, a_profile_swaps_sampling_and_long_unless_others_are_asked_for) {
    EXPECT_EQ(storm({}).plan.handlers, abi::handlers_all);
    EXPECT_EQ(storm({"--profile"}).plan.handlers, abi::handler_sampling | abi::handler_long);
    EXPECT_EQ(storm({"--handlers", "sampling", "--profile"}).plan.handlers, abi::handler_sampling);
    EXPECT_EQ(storm({"--profile", "--handlers", "all"}).plan.handlers, abi::handlers_all);
}

TEST(CommandLine, help_names_the_handlers_that_a_profile_swaps) {
    const std::string help = std::get<Answer>(parse_words({"storm", "--help"})).text;
    EXPECT_THAT(help, HasSubstr("--handlers is then long,sampling"));
}

TEST(CommandLine, help_and_version_are_answers) {
    const auto text = [](const Words& words) { return std::get<Answer>(parse_words(words)).text; };
    EXPECT_TRUE(std::holds_alternative<Version>(parse_words({"--version"})));
    EXPECT_THAT(text({"--help"}), HasSubstr("storm"));
    EXPECT_EQ(text({"storm", "--help"}), text({"storm", "-h"}));
}

TEST(CommandLine, help_names_every_flag_and_every_fault) {
    const std::string help = std::get<Answer>(parse_words({"storm", "--help"})).text;
    for (const char* flag :
         {"--arch",     "--guest", "--guest-build", "--vcpus",    "--duration", "--nmis",
          "--source",   "--pace",  "--targets",     "--cycle",    "--handlers", "--hotplug",
          "--profile",  "--fault", "--seed",        "--observe",  "--json",     "--html",
          "--progress", "--quiet", "--config",      "--injector", "--slice",    "--until"}) {
        EXPECT_THAT(help, HasSubstr(flag));
    }
    for (const char* fault : abi::fault_names) {
        EXPECT_THAT(help, HasSubstr(fault));
    }
}

struct Wrong {
    Words words;
    std::string says;
};

TEST(CommandLine, every_error_is_one_line_that_names_the_culprit_and_the_way_out) {
    const Wrong cases[] = {
        {{}, "a command is needed: storm"},
        {{"strom"}, "unknown command 'strom'; see 'nmistorm --help'"},
        {{"surgeon"}, "unknown command 'surgeon'"},
        {{"--vcpus", "2", "storm"}, "unknown flag '--vcpus'"},
        {{"storm", "storm"}, "storm is given twice"},
        {{"storm", "fast"}, "unknown word 'fast'"},
        {{"storm", ""}, "unknown word ''"},
        {{"storm", "--xunit", "x"}, "unknown flag '--xunit'; see 'nmistorm storm --help'"},
        {{"storm", "--tracks", "x"}, "unknown flag '--tracks'"},
        {{"storm", "--vcpu", "2"}, "unknown flag '--vcpu'"},
        {{"storm", "--no-quiet"}, "unknown flag '--no-quiet'"},
        {{"storm", "-v"}, "unknown flag '-v'"},
        {{"storm", "--arch", "arm"}, "--arch takes i386 or x86_64, not 'arm'"},
        {{"storm", "--vcpus", "0"}, "--vcpus takes 1 to 1024, not '0'"},
        {{"storm", "--vcpus", "1025"}, "--vcpus takes 1 to 1024, not '1025'"},
        {{"storm", "--vcpus", "two"}, "not 'two'"},
        {{"storm", "--vcpus", "[1,2]"}, "not '[1,2]'"},
        {{"storm", "--vcpus"}, "'--vcpus' needs a value"},
        {{"storm", "--vcpus="}, "'--vcpus=' needs a value"},
        {{"storm", "--vcpus", "--quiet"}, "--vcpus takes 1 to 1024, not '--quiet'"},
        {{"storm", "--vcpus", "2", "--vcpus", "2"}, "--vcpus is given 2 times; give it once"},
        {{"storm", "--duration", "10"}, "--duration takes a time such as"},
        {{"storm", "--duration", "1001h"}, "at most 1000h"},
        {{"storm", "--nmis", "0"}, "--nmis takes a number from 1 up"},
        {{"storm", "--nmis", "-1"}, "not '-1'"},
        {{"storm", "--source", "msi,none"}, "--source takes all or some of kvm-nmi,"},
        {{"storm", "--pace", "rate=0"}, "with N from 1 to 100000, not 'rate=0'"},
        {{"storm", "--targets", "0,,1"}, "vCPU numbers such as 0,2,5"},
        {{"storm", "--targets", "0,2"}, "--targets names vCPU 2, but --vcpus 2"},
        {{"storm", "--targets", "others", "--vcpus", "1"}, "--targets others leaves no target"},
        {{"storm", "--cycle", "reload"}, "--cycle takes unset, replace, unload or deferred"},
        {{"storm", "--hotplug", "--vcpus", "1"}, "use --vcpus 2 or more"},
        {{"storm", "--hotplug", "--vcpus", "4", "--targets", "0,2"}, "takes vCPU 3 offline"},
        {{"storm", "--apic", "apic"}, "--apic takes x2apic or xapic, not 'apic'"},
        {{"storm", "--apic", "xapic"}, "add it to --source, or leave --apic out"},
        {{"storm", "--apic", "xapic", "--source", "all", "--vcpus", "256"}, "--apic xapic reaches 255 vCPUs"},
        {{"storm", "--churn", "1s", "--source", "ipi", "--vcpus", "256"}, "with the source ipi reaches 255"},
        {{"judge", "a.json", "--json", "./a.json"}, "--json would replace 'a.json', which is read"},
        {{"report", "a.json", "b.json", "--junit", "b.json"}, "--junit would replace 'b.json'"},
        {{"replay", "a", "--facts", "b", "--trace", "./b"}, "--facts and --trace both write './b'"},
        {{"replay", "a", "--trace", "a"}, "--trace would replace 'a', which is read"},
        {{"storm", "--json", "d/x.json", "--out", "d"}, "--json names a file in the folder of --out"},
        {{"report"}, "report needs files that nmistorm wrote with --json"},
        {{"storm", "--shard", "3/2"}, "--shard takes env, or a part such as 2/8, counted from 1, not '3/2'"},
        {{"storm", "--shard", "2/2", "--nmis", "1"}, "--shard 2/2 gets none of 1 NMIs; use --nmis 2 or more"},
        {{"storm", "--until", "done"}, "--until takes covered, not 'done'"},
        {{"storm", "--injector", "other"}, "--injector takes own or central, not 'other'"},
        {{"storm", "--slice", "0us"}, "--slice takes a time such as 300us, 2ms or 1s"},
        {{"storm", "--slice", "1ms", "--injector", "central"}, "which --injector central decides"},
        {{"storm", "--slice", "1ms", "--pace", "rate=9"}, "which --pace rate=N decides; leave one out"},
        {{"storm", "--handlers", "short"},
         "--handlers takes all or some of counting,long,declining,sampling"},
        {{"storm", "--profile", "--handlers", "long"}, "--profile needs the handler sampling"},
        {{"storm", "--fault", "skip-grace"}, "skip-grace-period, gp-misses-cpu"},
        {{"storm", "--guest", "g.elf", "--fault", "torn-publish"}, "leave one out"},
        {{"storm", "--guest", "g.elf", "--guest-build", "gcc-O0"},
         "--guest-build chooses an embedded one; leave one"},
        {{"storm", "--guest-build", "gcc-O9"}, "--guest-build takes gcc or clang, -O0, "},
        {{"storm", "--guest-build", "gcc-O0,gcc-O1"}, "such as gcc-O0, not 'gcc-O0,gcc-O1'"},
        {{"storm", "--guest", ""}, "--guest takes the name of an ELF file"},
        {{"storm", "--guest", "-"}, "--guest takes the name of an ELF file, not '-'"},
        {{"storm", "--seed", "1x"}, "--seed takes a number"},
        {{"storm", "--seed", "18446744073709551616"}, "--seed takes a number"},
        {{"storm", "--observe", "all"}, "--observe takes counters or events"},
        {{"storm", "--json", "a", "--json", "b"}, "--json is given 2 times"},
        {{"storm", "--json", "--quiet"}, "--json takes the name of a file, or - for stdout, not '--quiet'"},
        {{"storm", "--progress", "yes"}, "--progress takes auto, always or never"},
        {{"storm", "--quiet", "--quiet"}, "--quiet is given 2 times"},
        {{"storm", "--quiet=5"}, "--quiet takes true or false"},
        {{"storm", "--quiet", "--progress", "always"}, "contradict"},
        {{"storm", "--config", "/nowhere/storm.toml"}, "cannot read '/nowhere/storm.toml': No such file"},
        {{"storm", "--arch", "a\nb\x1b[31m"}, "not 'a\\x0ab\\x1b[31m'"},
    };
    for (const Wrong& wrong : cases) {
        const std::string said = complaint(wrong.words);
        EXPECT_THAT(said, HasSubstr(wrong.says));
        EXPECT_EQ(said.find('\n'), std::string::npos) << said;
    }
}

TEST(CommandLine, an_empty_argv_is_an_error_and_not_a_crash) {
    const char* const argv[] = {nullptr};
    EXPECT_THROW(parse(0, argv), UsageError);
}

TEST(CommandLine, quiet_goes_with_progress_never) {
    EXPECT_TRUE(storm({"--quiet", "--progress", "never"}).output.quiet);
}

TEST(CommandLine, a_guest_file_goes_with_the_word_that_there_is_no_fault) {
    EXPECT_EQ(storm({"--guest", "g.elf", "--fault", "none"}).plan.guest_file, "g.elf");
}

}  // namespace
}  // namespace nmistorm::cli
