// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/examine.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/error.h"
#include "doctor/report.h"
#include "kvm.h"
#include "plan/names.h"
#include "report/renderers.h"
#include "schema.h"

namespace nmistorm::doctor {
namespace {

using testing::HasSubstr;

/// The one called so.
Check find(const Checks& checks, const std::string& about, const std::string& name) {
    const auto found = std::ranges::find_if(
        checks, [&](const Check& check) { return check.about == about && check.name == name; });
    return found != checks.end() ? *found : Check{about, name, Result::fail, "was not looked at"};
}

/// Of all those that are about NMIs and sources, the ones that do not pass.
std::vector<std::string> wrong(const Checks& checks) {
    std::vector<std::string> names;
    for (const Check& check : checks) {
        if ((check.about == "NMIs" || check.about == "sources") && check.result == Result::fail) {
            names.push_back(check.name);
        }
    }
    return names;
}

TEST(Examine, finds_nothing_wrong_with_a_good_kvm) {
    const fake_kvm::Kvm kvm;
    const Checks checks = examine();
    EXPECT_TRUE(usable(checks));
    EXPECT_THAT(wrong(checks), testing::IsEmpty());
    EXPECT_EQ(find(checks, "host", "/dev/kvm").says, "KVM API version 12, up to 64 vCPUs");
    EXPECT_EQ(find(checks, "guests", "x86_64").result, Result::pass);
    EXPECT_EQ(find(checks, "stepping", "x86_64").result, Result::unsupported);
    for (const plan::Source source : plan::all_sources()) {
        EXPECT_EQ(find(checks, "sources", std::string(plan::name(source))).says, "3 of 3 NMIs were handled");
    }
    EXPECT_EQ(find(checks, "sources", "ipi xapic").says, "3 of 3 NMIs were handled");
    EXPECT_EQ(find(checks, "NMIs", "waiting for SIPI").says,
              "an NMI to a vCPU that waits for a SIPI comes once it runs");
    EXPECT_EQ(find(checks, "NMIs", "burst").says, "2 of 3 NMIs at once were handled");
    EXPECT_EQ(find(checks, "NMIs", "masked").says, "1 of 3 NMIs that came while masked were handled");
    EXPECT_EQ(find(checks, "NMIs", "restore").says,
              "2 of 2 NMIs that were saved as pending and restored were handled");
    EXPECT_GT(find(checks, "speed", "NMIs").figure, 0.0);
}

TEST(Examine, says_the_same_each_time_but_for_what_it_measures) {
    const fake_kvm::Kvm kvm;
    const auto said = [] {
        std::vector<std::string> all;
        for (const Check& check : examine()) {
            if (check.about != "speed") {
                all.push_back(check.about + check.name + std::string(name(check.result)) + check.says);
            }
        }
        return all;
    };
    EXPECT_EQ(said(), said());
}

TEST(Examine, finds_a_kvm_that_takes_any_number_as_pending_and_saves_one_of_two) {
    fake_kvm::Kvm kvm;
    kvm.pending_as_in_6_1 = true;
    EXPECT_THAT(wrong(examine()), testing::ElementsAre("255 pending", "restore"));
}

TEST(Examine, finds_a_kvm_whose_nmis_start_a_vcpu_that_waits_for_a_sipi) {
    fake_kvm::Kvm kvm;
    kvm.nmi_starts_waiting_vcpu = true;
    EXPECT_THAT(wrong(examine()), testing::ElementsAre("waiting for SIPI"));
}

TEST(Examine, finds_a_source_that_kvm_drops_and_one_that_it_lacks) {
    fake_kvm::Kvm kvm;
    kvm.drops_msi_in = 1;
    kvm.capabilities[KVM_CAP_IRQFD] = 0;
    const Checks checks = examine();
    EXPECT_EQ(find(checks, "sources", "msi").result, Result::fail);
    EXPECT_EQ(find(checks, "sources", "msi").says, "KVM drops its NMIs");
    EXPECT_EQ(find(checks, "sources", "irqfd").result, Result::unsupported);
    EXPECT_THAT(find(checks, "sources", "irqfd").says, HasSubstr("lacks KVM_CAP_IRQFD"));
    EXPECT_TRUE(usable(checks));
}

TEST(Examine, looks_no_further_where_there_is_no_kvm_or_no_guest_runs) {
    const Checks without = examine();
    ASSERT_EQ(without.size(), 1U);
    EXPECT_EQ(without.front().result, Result::fail);
    EXPECT_THAT(without.front().says, HasSubstr("there is no /dev/kvm"));
    EXPECT_FALSE(usable(without));
    fake_kvm::Kvm kvm;
    kvm.unmasks_nmis = false;
    const Checks bad = examine();
    EXPECT_FALSE(usable(bad));
    EXPECT_EQ(find(bad, "guests", "x86_64").says, "a guest was started and it returned from 1 of 2 NMIs");
    EXPECT_EQ(find(bad, "sources", "msi").says, "was not looked at");
}

const Checks some = {{"host", "/dev/kvm", Result::pass, "version 12"},
                     {"guests", "x86_64", Result::pass, "storm"},
                     {"NMIs", "burst", Result::fail, "3 of 3"},
                     {"speed", "NMIs", Result::pass, "7 a second", 7.5}};

TEST(DoctorReport, has_a_line_for_each_check) {
    EXPECT_EQ(terminal_text(document(some, {"nmistorm doctor", "kvm_amd", "6.1"}), false),
              "PASS  4 checks, 1 failed\n"
              "  host          kvm_amd, Linux 6.1\n"
              "\n"
              "  about   check     result\n"
              "  host    /dev/kvm  PASS    version 12\n"
              "  guests  x86_64    PASS    storm\n"
              "  NMIs    burst     FAIL    3 of 3\n"
              "  speed   NMIs      PASS    7 a second\n");
}

TEST(DoctorReport, says_where_no_guest_runs_what_to_do) {
    const report::Document document = doctor::document({some.front()}, {});
    EXPECT_THAT(terminal_text(document, false),
                testing::StartsWith("INCONCLUSIVE (no guest runs here)  1 check"));
    EXPECT_THAT(terminal_text(document, false), HasSubstr("scripts/nested"));
}

TEST(DoctorReport, has_no_case_that_is_red_where_guests_run) {
    const report::Document document = doctor::document(some, {"nmistorm doctor", "kvm_amd", "6.1"});
    ASSERT_EQ(document.cases.size(), some.size());
    EXPECT_EQ(document.cases[0].suite, "host");
    EXPECT_EQ(document.cases[0].name, "/dev/kvm");
    EXPECT_EQ(document.cases[0].verdict, report::Case::Verdict::pass);
    EXPECT_EQ(document.cases[2].verdict, report::Case::Verdict::skip);
    EXPECT_EQ(document.cases[2].text, "FAIL: 3 of 3");
}

TEST(DoctorReport, has_a_red_case_for_what_keeps_guests_from_running) {
    const Checks none = {{"host", "/dev/kvm", Result::fail, "there is none"},
                         {"guests", "i386", Result::unsupported, "not asked"}};
    const report::Document document = doctor::document(none, {});
    EXPECT_EQ(document.cases[0].verdict, report::Case::Verdict::error);
    EXPECT_EQ(document.cases[1].verdict, report::Case::Verdict::skip);
}

TEST(DoctorReport, obeys_its_schema) {
    const report::Json json = document(some, {"nmistorm doctor", "kvm_amd", "6.1"}).figures;
    EXPECT_EQ(json["schema"], "nmistorm.doctor/1");
    EXPECT_EQ(json["usable"], true);
    EXPECT_EQ(json["checks"][2]["result"], "FAIL");
    EXPECT_EQ(json["checks"][3]["figure"], 7.5);
    EXPECT_TRUE(json["checks"][0]["figure"].is_null());
    report::expect_same_properties(report::schema("doctor", 1), json);
}

}  // namespace
}  // namespace nmistorm::doctor
