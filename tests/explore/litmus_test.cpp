// SPDX-License-Identifier: GPL-2.0-or-later
// Tests the argument in guests/stepped/conflict_set.h: small programs (guests/litmus.S) are explored
// completely with and without reduction. Both break in the same way with as few preemptions and NMIs, or
// neither breaks.
#include <gmock/gmock.h>

#include <array>
#include <cstring>
#include <iterator>
#include <random>

#include "explored.h"
#include "guests/stepped/explored_guest.h"
#include "image/read_file.h"

namespace nmistorm::engines::explore {
namespace {

using testing::HasSubstr;

struct Litmus {
    const char* name;  ///< programs are numbered in this order
    bool breaks;
    unsigned preemptions = 0;  ///< preemptions that the violation needs
    unsigned nmis = 0;
};

constexpr Litmus litmus[] = {
    {"lost_update", true, 1, 0},
    {"locked_update", false},
    {"published_early", true, 1, 0},
    {"published_late", false},
    {"check_then_set", true, 2, 0},
    {"set_then_check", false},
    {"between_reads", true, 2, 0},
    {"update_that_an_nmi_loses", true, 0, 1},
    {"update_that_no_nmi_loses", false},
    {"handler_sees_half", true, 0, 1},
    {"handler_sees_all", false},
    {"shared_in_some_orders", true, 2, 0},
    {"freed_under_the_handler", true, 2, 1},
    {"freed_after_the_handler", false},
};

// The programs that come after these.
constexpr unsigned random_number = std::size(litmus);
constexpr unsigned takes_an_exception = random_number + 1;
constexpr unsigned shuts_down = random_number + 2;
constexpr unsigned handler_spins = random_number + 3;
constexpr unsigned handler_halts = random_number + 4;
constexpr unsigned fills_downwards = random_number + 5;
constexpr unsigned fills_upwards = random_number + 6;
constexpr unsigned saves_flags = random_number + 7;
constexpr unsigned runs_long = random_number + 8;
constexpr unsigned first_refused = random_number + 9;
constexpr const char* refused[] = {
    "cvtsi2sd %ecx, %xmm0",        "fld1", "rdmsr", "wrmsr", "cpuid", "rdrand %eax", "rdtscp", "mov %ax, %es",
    "mov %rax, 0x0000000000001000"};
constexpr unsigned moves_nmi_stack = first_refused + std::size(refused);

/// The message for a jump to `bug`.
constexpr const char* bug = "the guest's own panic";

class Program : public testing::TestWithParam<unsigned> {
  protected:
    void SetUp() override { need(plan::Arch::x86_64); }

    static Exploration run(Reduction reduction, unsigned nmis) {
        ExplorePlan plan;
        plan.guest_file = NMISTORM_LITMUS;
        plan.condition = Condition::busy;
        plan.seed = GetParam();
        plan.reduction = reduction;
        plan.nmis = nmis;
        return explore(plan);
    }
    static void expect_nothing(const Exploration& result) {
        EXPECT_EQ(rule_of(result), "nothing");
        EXPECT_EQ(result.rounds.size(), 3U);
        EXPECT_EQ(result.rounds.back().end, SearchEnd::exhausted);
    }
    static void expect(const Litmus& expected, Reduction reduction) {
        SCOPED_TRACE(plan::name(reduction));
        if (!expected.breaks) {
            expect_nothing(run(reduction, 1));
            return;
        }
        const Exploration result = run(reduction, expected.nmis);
        ASSERT_TRUE(result.found);
        EXPECT_THAT(result.found->finding.detail, HasSubstr(bug));
        EXPECT_EQ(result.found->preemptions, expected.preemptions)
            << testing::PrintToString(result.found->listing);
        if (expected.nmis != 0) {
            expect_nothing(run(reduction, expected.nmis - 1));
        }
    }
};

TEST_P(Program, breaks_in_the_same_orders_with_and_without_reduction) {
    expect(litmus[GetParam()], Reduction::visible);
    expect(litmus[GetParam()], Reduction::none);
}

std::string program_name(const testing::TestParamInfo<unsigned>& info) {
    return litmus[info.param].name;
}

INSTANTIATE_TEST_SUITE_P(Litmus, Program, testing::Range(0U, static_cast<unsigned>(std::size(litmus))),
                         program_name);

constexpr std::uint32_t ends_tried = 4;  // of 8

/// The program `random`, generated again.
class RandomProgram {
  public:
    explicit RandomProgram(unsigned seed) : random_(seed), bytes_(image::read_file(NMISTORM_LITMUS)) {
        for (const char* part : {"random_cpu0", "random_cpu1", "random_nmi"}) {
            write_part(part);
        }
    }

    [[nodiscard]] image::Image image() const { return image::Image::from_memory(bytes_, "random"); }
    void want(std::uint32_t end) { std::memcpy(at("random_wanted"), &end, sizeof(end)); }

  private:
    std::byte* at(const std::string& label) {
        const image::Image read = image();
        const auto offset = read.bytes_at(read.symbol(label).value().address).data() - bytes_.data();
        return bytes_.data() + offset;
    }
    std::uint32_t address(const char* label) const {
        return static_cast<std::uint32_t>(image().symbol(label).value().address.value);
    }
    unsigned below(unsigned limit) { return static_cast<unsigned>(random_() % limit); }

    void write_part(const std::string& part) {
        std::byte* to = at(part + "_room");
        const std::byte* ends = at(part + "_ends");
        const auto put = [&to](std::initializer_list<unsigned> bytes) {
            for (const unsigned byte : bytes) {
                *to++ = static_cast<std::byte>(byte);
            }
        };
        const auto put_word = [&to](std::uint32_t word) {
            std::memcpy(to, &word, sizeof(word));
            to += sizeof(word);
        };
        const unsigned count = part == "random_nmi" ? 2 : 3;
        for (unsigned i = 0; i < count; ++i) {
            const std::uint32_t word = address(std::array{"x", "y", "many"}[below(3)]);
            const unsigned reg = 1 + below(2);          // ecx, edx
            const unsigned absolute = 0x04 | reg << 3;  // ModRM with SIB 0x25: disp32 alone (SDM 2A, 2.1.5)
            switch (below(6)) {
                case 0:
                    put({0x8b, absolute, 0x25});  // mov word, reg
                    put_word(word);
                    break;
                case 1:
                    put({0x89, absolute, 0x25});  // mov reg, word
                    put_word(word);
                    break;
                case 2:
                    put({0x03, absolute, 0x25});  // add word, reg
                    put_word(word);
                    break;
                case 3:
                    put({0xc7, 0x04, 0x25});  // movl $, word
                    put_word(word);
                    put_word(1 + below(3));
                    break;
                case 4:
                    put({0xff, 0x04, 0x25});  // incl word
                    put_word(word);
                    break;
                default:
                    put({0x8d, 0x4c, 0x11, 0x01});  // lea 1(%rcx,%rdx), %ecx
                    break;
            }
        }
        put({0xe9});  // jmp
        put_word(static_cast<std::uint32_t>(ends - (to + 4)));
    }

    std::mt19937 random_;
    std::vector<std::byte> bytes_;
};

/// The fewest preemptions that reach the end at which it panics; none if it is never reached.
std::optional<unsigned> preemptions_to_end(const RandomProgram& program, Reduction reduction) {
    ExplorePlan plan;
    plan.condition = Condition::busy;
    plan.seed = random_number;
    plan.reduction = reduction;
    const auto found = explore::explore(plan, program.image(), kvm::System::open(), {}, {}).exploration.found;
    if (found) {
        EXPECT_THAT(found->finding.detail, HasSubstr(bug));
    }
    return found ? std::optional(found->preemptions) : std::nullopt;
}

TEST(RandomPrograms, end_in_the_same_ways_with_and_without_reduction) {
    const unsigned programs = 2 * seeds();
    unsigned ends = 0;
    unsigned preemptions = 0;
    for (unsigned seed = 1; seed <= programs; ++seed) {
        RandomProgram program(seed);
        for (std::uint32_t end = 0; end < ends_tried; ++end) {
            program.want(end);
            const auto reduced = preemptions_to_end(program, Reduction::visible);
            EXPECT_EQ(reduced, preemptions_to_end(program, Reduction::none))
                << "seed " << seed << ", end " << end;
            ends += reduced ? 1 : 0;
            preemptions += reduced.value_or(0);
        }
    }
    // A program that ends in the same way in every order tests nothing.
    EXPECT_GT(ends, programs);
    EXPECT_GT(preemptions, 0U);
}

ExplorePlan plan_of(unsigned program) {
    ExplorePlan plan;
    plan.guest_file = NMISTORM_LITMUS;
    plan.condition = Condition::busy;
    plan.seed = program;
    return plan;
}

class Refused : public testing::TestWithParam<unsigned> {
  protected:
    void SetUp() override { need(plan::Arch::x86_64); }
};

TEST_P(Refused, before_it_runs_with_a_sentence_that_names_it) {
    std::string says = "nothing";
    try {
        explore(plan_of(first_refused + GetParam()));
    } catch (const Error& error) {
        says = error.what();
    }
    EXPECT_THAT(says, testing::StartsWith(
                          fmt::format("explore cannot take back '{}', which vCPU 0 is about to run at 0x10",
                                      refused[GetParam()])));
    EXPECT_THAT(says, HasSubstr("tests/explore/guests/litmus.S:"));
}

INSTANTIATE_TEST_SUITE_P(Instruction, Refused, testing::Range(0U, static_cast<unsigned>(std::size(refused))));

/// They panic if an effect of an earlier order was not undone, or if an NMI's stack is not the one in the
/// TSS.
class Restored : public testing::TestWithParam<unsigned> {
  protected:
    void SetUp() override { need(plan::Arch::x86_64); }
};

TEST_P(Restored, after_all_that_the_guest_did_to_it) {
    for (const Reduction reduction : {Reduction::visible, Reduction::none}) {
        ExplorePlan plan = plan_of(GetParam());
        plan.reduction = reduction;
        const Exploration result = explore(plan);
        EXPECT_EQ(rule_of(result), "nothing")
            << (result.found ? testing::PrintToString(result.found->listing) : "");
        EXPECT_TRUE(oracle::exhausted(result));
    }
}

INSTANTIATE_TEST_SUITE_P(Program, Restored,
                         testing::Values(fills_downwards, fills_upwards, saves_flags, moves_nmi_stack));

TEST(Memory, that_changes_behind_the_back_of_the_log_is_noticed) {
    const ExplorePlan plan = plan_of(runs_long);
    const image::Image image = image_of(plan);
    guests::ExploredGuest guest(kvm::System::open(), image, plan, Condition::busy);
    guest.guest().check_memory();
    const std::uint64_t at = image.symbol("many").value().address.value + 8;
    guest.guest().memory().all()[at] = std::byte{0x5a};
    std::string says;
    try {
        for (unsigned steps = 0; steps <= 1U << 20; ++steps) {
            guest.step(1);  // it rests
        }
    } catch (const guests::CannotExplore& error) {
        says = error.text(image);
    }
    EXPECT_EQ(says,
              fmt::format("guest memory is not as the explored instructions left it, at {:#x} (many+0x8): it "
                          "holds 0x5a and not 0x00",
                          at));
    guest.restart();
    EXPECT_THROW(guest.guest().check_memory(), guests::CannotExplore);
}

TEST(Interrupt, ends_an_exploration_between_two_choices) {
    need(plan::Arch::x86_64);
    const ExplorePlan plan = plan_of(runs_long);
    unsigned asked = 0;
    ExploreHooks hooks{.status = {}, .interrupted = [&asked] { return ++asked > 1000; }};
    const Exploration result =
        explore::explore(plan, image_of(plan), kvm::System::open(), {}, hooks).exploration;
    EXPECT_TRUE(result.interrupted);
    EXPECT_FALSE(oracle::exhausted(result));
    EXPECT_LE(result.steps, 1000U * 64);
}

TEST(Interrupt, ends_an_exploration_whose_guest_does_not_come_online) {
    need(plan::Arch::x86_64);
    ExplorePlan plan = small(plan::Arch::x86_64, 0, Condition::busy);
    ExploreHooks hooks{.status = {}, .interrupted = [] { return true; }};
    Checkpoint before;
    before.rounds.emplace_back().preemptions = 7;
    const ExploreResult result = explore::explore(plan, image_of(plan), kvm::System::open(), before, hooks);
    EXPECT_TRUE(result.exploration.interrupted);
    ASSERT_EQ(result.progress.rounds.size(), 1U);
    EXPECT_EQ(result.progress.rounds[0].preemptions, 7U);
}

/// What stops a vCPU for good: one step, the same on every KVM, after which the guest can be rewound and
/// continue.
class FatalExit : public testing::Test {
  protected:
    static constexpr unsigned steps = 5;  // the last step stops the vCPU

    explicit FatalExit() { plan_.condition = Condition::busy; }

    void expect(unsigned program, const std::string& says) {
        plan_.guest_file = NMISTORM_LITMUS;
        plan_.seed = program;
        const image::Image image = image_of(plan_);
        guests::ExploredGuest guest(kvm::System::open(), image, plan_, Condition::busy);
        const auto memory = guest.guest().memory().all().subspan(image::image_begin.value);
        for (unsigned before = 0; before < steps; ++before) {
            guest.restart();
            step(guest, before);
            const auto mark = guest.mark();
            const guests::StateKey key = guest.key();
            const std::vector<std::byte> then(memory.begin(), memory.end());
            step(guest, steps - before - 1);
            const std::uint64_t at = guest.guest().ip(0).value;
            ASSERT_FALSE(guest.finding());
            guest.step(0);
            ASSERT_TRUE(guest.finding());
            EXPECT_EQ(guest.finding()->detail, fmt::format(fmt::runtime(says), at));
            guest.rewind(mark);
            EXPECT_EQ(guest.key(), key);
            EXPECT_EQ(std::memcmp(memory.data(), then.data(), then.size()), 0);
            guest.nmi(1);
            guest.step(1);
            EXPECT_FALSE(guest.finding());
        }
        const Exploration explored = explore(plan_);
        ASSERT_EQ(rule_of(explored), "progress");
        EXPECT_EQ(plan::steps_of(explored.found->schedule), steps);
    }

  private:
    static void step(guests::ExploredGuest& guest, unsigned times) {
        for (unsigned i = 0; i < times; ++i) {
            guest.step(0);
        }
    }

    ExplorePlan plan_;
};

TEST_F(FatalExit, by_an_exception_is_one_step) {
    expect(takes_an_exception, "vCPU 0 took exception 6 (invalid opcode) at {:#x}, error code 0x0");
}

/// kvm_amd does not stop in the handler.
TEST_F(FatalExit, by_an_exception_whose_handler_spins_is_one_step) {
    expect(handler_spins, "vCPU 0 stopped for good with an exception whose handler does not end at {:#x}");
}

TEST_F(FatalExit, by_an_exception_whose_handler_halts_is_one_step) {
    expect(handler_halts, "vCPU 0 stopped for good with an exception whose handler does not end at {:#x}");
}

TEST_F(FatalExit, by_shutdown_is_one_step) {
    expect(shuts_down, "vCPU 0 stopped for good with KVM_EXIT_SHUTDOWN (triple fault) at {:#x}");
}

}  // namespace
}  // namespace nmistorm::engines::explore
