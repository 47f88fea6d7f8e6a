// SPDX-License-Identifier: GPL-2.0-or-later
// The battery on the KVM that the tests run on.
#include "conform/conform.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "conform/emit_c.h"
#include "conform/lab.h"
#include "conform/model/model.h"

namespace nmistorm::conform {
namespace {

std::vector<Deviation> known_here() {
    return known_for(kvm::backend(), kvm::kernel_release());
}

Results run(const std::string& glob, unsigned walks = 0) {
    return conform(kvm::System::open(), battery(glob, 1, walks), known_here());
}

/// One kind of guest, of which each KVM has the most: the product of all kinds takes minutes where the host
/// is busy.
const Results& results() {
    static const Results all = run("x86_64/kernel/*");
    return all;
}

std::string text_of(const Judged& each) {
    return fmt::format("{} {}: {}", name(each.of), name(each.result), to_string(each.seen));
}

/// Whether kvm_pvm is late, and how late, depends on the host's clock, as does when an NMI comes behind an
/// IRET that faults. The verdict does not.
std::vector<std::string> texts(const Results& results) {
    std::vector<std::string> texts;
    for (const Judged& each : results.cases) {
        const bool right = each.result == Result::pass || each.result == Result::known;
        const bool open = kvm::backend() == "kvm_pvm" || each.of.state == State::iret_faults;
        texts.push_back(open && right ? name(each.of) : text_of(each));
    }
    return texts;
}

TEST(Conform, finds_nothing_but_what_this_kvm_is_known_for) {
    EXPECT_GT(results().cases.size(), 700U);
    for (const Judged& each : results().cases) {
        EXPECT_TRUE(each.result == Result::pass || each.result == Result::known) << text_of(each);
    }
}

TEST(Conform, finds_each_deviation_that_this_kvm_is_known_for) {
    for (const Deviation& deviation : known_here()) {
        EXPECT_TRUE(std::ranges::any_of(results().cases,
                                        [&](const Judged& each) {
                                            return std::ranges::find(each.known, deviation.id) !=
                                                   each.known.end();
                                        }))
            << deviation.id << " has gone";
    }
}

/// A model that breaks one judges some case otherwise: one that is right, or one in which this KVM breaks the
/// same clause. kvm_pvm is late with most NMIs, which hides some clauses.
TEST(Conform, notices_each_clause_that_a_model_breaks) {
    std::vector<std::string_view> not_noticed;
    for (const model::Clause clause : model::all_clauses) {
        const bool noticed = std::ranges::any_of(results().cases, [&](const Judged& each) {
            const auto wrong = permitted(scenario_of(each.of), model::Switches::without({clause}));
            return wrong.contains(each.seen) != (each.result == Result::pass);
        });
        if (!noticed) {
            not_noticed.push_back(name(clause));
        }
    }
    EXPECT_LE(not_noticed.size(), kvm::backend() == "kvm_pvm" ? model::clause_count / 2 : 0)
        << testing::PrintToString(not_noticed);
}

TEST(Conform, of_ten_runs_says_the_same) {
    const char* some = "x86_64/kernel/*[fkl]/*/2/*";  // states and betweens of each kind
    const std::vector<std::string> first = texts(run(some));
    EXPECT_GT(first.size(), 20U);
    for (int i = 0; i < 9; ++i) {
        EXPECT_EQ(texts(run(some)), first);
    }
}

/// Another order, and so another case before each.
TEST(Conform, sees_the_same_on_a_vm_that_is_used_again_as_on_one_made_anew) {
    const kvm::System system = kvm::System::open();
    Lab used(system, plan::Arch::x86_64, kvm::Irqchip::kernel);
    std::vector<Case> cases = battery("x86_64/kernel/*/2/none", 1, 0);
    const auto text = [&used](const Case& each) {
        return texts({.cases = {judge(each, used.run(scenario_of(each)), known_here())}});
    };
    std::map<std::string, std::vector<std::string>> seen;
    for (const Case& each : cases) {
        seen[name(each)] = text(each);
    }
    std::ranges::reverse(cases);
    for (const Case& each : cases) {
        EXPECT_EQ(text(each), seen[name(each)]);
    }
    for (std::size_t i = 0; i < cases.size(); i += 7) {
        used.discard();
        EXPECT_EQ(text(cases[i]), seen[name(cases[i])]) << "on a VM made anew";
    }
}

/// The exit code of the C program for @p each, which is compiled and run; nothing where there is no compiler.
std::optional<int> exit_code_in_c(const Judged& each) {
    if (std::system("gcc --version >/dev/null 2>&1") != 0) {
        return std::nullopt;
    }
    const std::filesystem::path folder = std::filesystem::temp_directory_path();
    const std::string base = (folder / fmt::format("conform-{}", getpid())).string();
    std::ofstream(base + ".c") << c_program(each.of);
    const std::string build = fmt::format("gcc -Wall -Werror -o {0} {0}.c", base);
    EXPECT_EQ(std::system(build.c_str()), 0);
    // Whether kvm_pvm is late depends on the host's clock.
    const int times = kvm::backend() == "kvm_pvm" && each.result == Result::known ? 30 : 1;
    int status = 0;
    for (int i = 0; i < times && status == 0; ++i) {
        status = std::system((base + " >/dev/null").c_str());
    }
    std::filesystem::remove(base);
    std::filesystem::remove(base + ".c");
    return WEXITSTATUS(status);
}

TEST(Conform, writes_a_c_program_that_shows_what_it_found) {
    std::vector<Judged> some;
    for (const Deviation& deviation : known_here()) {
        const auto found = std::ranges::find_if(results().cases, [&](const Judged& each) {
            return each.known == std::vector<std::string>{std::string(deviation.id)};
        });
        if (found != results().cases.end()) {
            some.push_back(*found);
        }
    }
    for (const Judged& each : results().cases) {
        if (each.result == Result::pass && name(each.of).ends_with("/plain/kvm-nmi/1/fresh@0")) {
            some.push_back(each);
        }
    }
    for (const Judged& each : some) {
        const std::optional<int> code = exit_code_in_c(each);
        if (!code) {
            GTEST_SKIP() << "there is no gcc here";
        }
        EXPECT_EQ(*code, each.result == Result::pass ? 0 : 1) << text_of(each);
    }
}

/// They find more than is known: nobody has looked into all that they can show.
TEST(Conform, runs_random_walks_to_their_end) {
    const Results walks = run("x86_64/kernel/walk/*", 100);
    EXPECT_EQ(walks.cases.size(), 100U);
    for (const Judged& each : walks.cases) {
        EXPECT_NE(each.result, Result::unsupported) << each.says;
        EXPECT_TRUE(each.says.empty()) << text_of(each) << ": " << each.says;
        if (each.result == Result::deviation) {
            std::cout << text_of(each) << "\n";
        }
    }
}

}  // namespace
}  // namespace nmistorm::conform
