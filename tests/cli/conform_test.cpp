// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm conform` as far as it needs no KVM.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.h"

namespace nmistorm::test {
namespace {

using testing::HasSubstr;

TEST(Conform, lists_its_cases_without_a_kvm) {
    const Ended all = run({"conform", "--list"}, {.kvm = no_kvm});
    EXPECT_EQ(all.code, 0);
    EXPECT_THAT(all.out, HasSubstr("x86_64/kernel/plain/events/255/none\n"));
    const Ended some = run({"conform", "--list", "--filter", "i386/*/hlt/*/1/fresh@1"}, {.kvm = no_kvm});
    EXPECT_THAT(some.out, HasSubstr("i386/split/hlt/msi/1/fresh@1\n"));
    EXPECT_THAT(some.out, testing::Not(HasSubstr("x86_64")));
    const Ended walks =
        run({"conform", "--list", "--filter", "i386/none/walk/*", "--walks", "2", "--seed", "9"},
            {.kvm = no_kvm});
    EXPECT_EQ(walks.out, "i386/none/walk/9\ni386/none/walk/10\n");
}

TEST(Conform, needs_a_kvm_for_the_rest) {
    const Ended ended = run({"conform"}, {.kvm = no_kvm});
    EXPECT_EQ(ended.code, 77);
    EXPECT_EQ(ended.out, "");
}

TEST(Conform, prints_a_c_program_without_a_kvm) {
    const Ended ended = run({"conform", "--emit-c", "i386/split/walk/17"}, {.kvm = no_kvm});
    EXPECT_EQ(ended.code, 0);
    EXPECT_THAT(ended.out, HasSubstr("int main(void)"));
    EXPECT_THAT(ended.out, HasSubstr("random walk 17"));
}

TEST(Conform, refuses_what_names_no_case_in_one_sentence) {
    for (const auto& [words, says] : std::vector<std::pair<Words, const char*>>{
             {{"conform", "--filter", "x86/*"}, "--filter 'x86/*' matches no case"},
             {{"conform", "--emit-c", "x86_64/kernel/*"},
              "--emit-c 'x86_64/kernel/*' is the name of no case"},
             {{"conform", "--emit-c", ""}, "--emit-c takes the name of a case"},
             {{"conform", "--list", "--emit-c", "x"}, "leave one out"},
             {{"conform", "--list", "--all"}, "--list runs no case, which --all is about"},
             {{"conform", "--emit-c", "x", "--walks", "3"}, "--emit-c runs no case"},
             {{"conform", "--walks", "many"}, "--walks takes 0 to 100000"}}) {
        const Ended ended = run(words, {.kvm = no_kvm});
        EXPECT_EQ(ended.code, 2) << says;
        EXPECT_THAT(ended.err, HasSubstr(says));
        EXPECT_EQ(std::count(ended.err.begin(), ended.err.end(), '\n'), 1);
    }
}

}  // namespace
}  // namespace nmistorm::test
