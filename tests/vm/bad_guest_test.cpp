// SPDX-License-Identifier: GPL-2.0-or-later
// Guests that misbehave: the harness reports soon what happened and never crashes.
#include <cstring>
#include <random>

#include "engines/observer.h"
#include "guests/abi/abi_guest.h"
#include "storm.h"

namespace nmistorm {
namespace {

using namespace std::chrono_literals;

engines::StormResult storm_with(const char* guest, bool hotplug = false) {
    plan::RunPlan plan;
    plan.hotplug = hotplug;
    plan.duration = 3s;
    return engines::storm(plan,
                          image::Image::from_file(std::string(NMISTORM_TEST_GUESTS "/bad_guest_") + guest),
                          kvm::System::open(), {});
}

void expect_finding(const engines::StormResult& result, oracle::Rule rule, const std::string& detail) {
    EXPECT_EQ(oracle::outcome(result.findings), oracle::Outcome::violation);
    for (const oracle::Finding& finding : result.findings) {
        if (finding.rule == rule && finding.detail.find(detail) != std::string::npos) {
            return;
        }
    }
    ADD_FAILURE() << "expected " << oracle::name(rule) << " with \"" << detail << "\", got\n"
                  << text(result.findings);
}

TEST(BadGuest, that_triple_faults_is_a_violation_that_names_the_exit) {
    expect_finding(storm_with("triple_fault"), oracle::Rule::progress, "KVM_EXIT_SHUTDOWN");
}

TEST(BadGuest, that_never_comes_online_is_a_violation) {
    expect_finding(storm_with("never_online"), oracle::Rule::progress, "did not come online");
}

TEST(BadGuest, that_spins_in_its_handler_with_nmis_masked_is_a_violation) {
    expect_finding(storm_with("spins_masked"), oracle::Rule::progress, "did not return from an NMI handler");
}

TEST(BadGuest, that_never_answers_an_nmi_is_a_violation) {
    const engines::StormResult result = storm_with("deaf");
    EXPECT_EQ(oracle::outcome(result.findings), oracle::Outcome::violation) << text(result.findings);
}

TEST(BadGuest, that_spins_with_nmis_masked_after_it_counted_its_exit_is_a_violation) {
    expect_finding(storm_with("spins_after_exit"), oracle::Rule::progress,
                   "did not return from an NMI handler");
}

TEST(BadGuest, that_goes_on_after_it_was_asked_to_end_is_a_violation) {
    expect_finding(storm_with("ignores_stop"), oracle::Rule::progress, "did not end");
}

TEST(BadGuest, that_shows_no_grace_period_to_start_a_vcpu_in_is_judged_all_the_same) {
    expect_finding(storm_with("ignores_stop", true), oracle::Rule::progress, "did not end");
    expect_finding(storm_with("deaf", true), oracle::Rule::progress, "made no progress with its swap");
}

TEST(BadGuest, that_touches_an_unknown_port_is_a_violation_that_names_it) {
    expect_finding(storm_with("wild_access"), oracle::Rule::progress, "KVM_EXIT_IO (out to port 0x1234)");
}

TEST(BadGuest, that_scribbles_over_its_shared_page_is_a_violation) {
    const engines::StormResult result = storm_with("scribbles");
    EXPECT_EQ(oracle::outcome(result.findings), oracle::Outcome::violation) << text(result.findings);
}

TEST(BadGuest, that_leaves_random_bytes_in_everything_shared_is_judged_without_harm) {
    constexpr unsigned fills = 3000;
    const plan::RunPlan plan;
    const image::Image image = engines::guest_image(plan);
    const kvm::System system = kvm::System::open();
    const auto vm =
        std::make_shared<guests::AbiVm>(system, image, guests::AbiParameters{});  // its vCPUs never run
    const guests::Layout& layout = vm->layout();
    const auto shared = vm->memory().span(layout.boot, layout.arena.value - layout.boot.value);

    std::mt19937_64 random(1);
    for (unsigned fill = 0; fill < fills; ++fill) {
        guests::AbiGuest guest(vm);
        engines::Observer observer(plan.vcpus, guest, {});
        // Sparse, dense and almost correct values, since each passes different checks.
        const std::size_t writes = std::size_t{1} << random() % 12;
        for (std::size_t i = 0; i < writes; ++i) {
            const std::uint64_t value = random() >> random() % 64;
            const std::size_t at = random() % (shared.size() / sizeof(value)) * sizeof(value);
            std::memcpy(&shared[at], &value, sizeof(value));
            // The control words are few among all those bytes, so write them often.
            const auto cpu = static_cast<unsigned>(random() % 2);
            const auto page = vm->memory().span(layout.cpu_page(cpu), sizeof(abi::CpuPage));
            std::memcpy(&page[random() % (page.size() / 4) * 4], &value, 4);
        }
        guest.read_facts();
        guest.read_counters();
        guest.finish();
        oracle::Observation observation;
        observation.plan = plan;
        observation.vcpus.resize(plan.vcpus);
        for (unsigned cpu = 0; cpu < plan.vcpus; ++cpu) {
            observation.vcpus[cpu].counters = guest.counters(cpu);
        }
        observation.malformed = guest.malformed();
        observation.events_lost = guest.events_lost();
        observation.settled = true;
        observation.finished = true;
        const auto findings = observer.judge().finish(observation);
        EXPECT_NE(oracle::outcome(findings), oracle::Outcome::pass);
        EXPECT_LT(findings.size(), 1000U);
    }
}

}  // namespace
}  // namespace nmistorm
