// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/judge.h"

#include <utility>

#include "oracle/finding_sink.h"
#include "oracle/rules/abi_conformance.h"
#include "oracle/rules/allocation.h"
#include "oracle/rules/count.h"
#include "oracle/rules/coverage.h"
#include "oracle/rules/delivery.h"
#include "oracle/rules/freshness.h"
#include "oracle/rules/grace_period.h"
#include "oracle/rules/nesting.h"
#include "oracle/rules/progress.h"
#include "oracle/rules/publish.h"
#include "oracle/rules/reclaim.h"
#include "oracle/timeline.h"

namespace nmistorm::oracle {

struct Judge::Rules {
    Rules(unsigned vcpus, std::vector<Finding>& findings, const Tally& tally)
        : timeline(vcpus), sink(findings) {
        const rules::Context context{timeline, tally, sink};
        add<rules::Count>(context);
        add<rules::GracePeriod>(context);
        add<rules::Reclaim>(context);
        add<rules::Publish>(context);
        add<rules::Freshness>(context);
        add<rules::Allocation>(context);
        add<rules::Delivery>(context);
        add<rules::Nesting>(context);
        add<rules::Progress>(context);
        add<rules::AbiConformance>(context);
        add<rules::Coverage>(context);  // last, so that its findings come last
    }

    template <typename Check>
    void add(const rules::Context& context) {
        checks.push_back(std::make_unique<Check>(context));
    }

    Timeline timeline;
    FindingSink sink;
    std::vector<std::unique_ptr<rules::Check>> checks;
};

Judge::Judge(const plan::RunPlan& plan) : rules_(std::make_unique<Rules>(plan.vcpus, findings_, tally_)) {}

Judge::~Judge() = default;

void Judge::event(const Event& event) {
    rules_->sink.seen(event);
    for (const auto& check : rules_->checks) {
        check->event(event);
    }
    tally_.count(event, rules_->timeline);
    rules_->timeline.apply(event);
}

void Judge::gap(std::uint64_t) {
    for (const auto& check : rules_->checks) {
        check->gap();
    }
    rules_->timeline.gap();
}

void Judge::sample(unsigned vcpu, const Counters& counters) {
    for (const auto& check : rules_->checks) {
        check->sample(vcpu, counters);
    }
}

std::vector<Finding> Judge::finish(const Observation& observation) {
    rules_->sink.end_of_events();
    for (const auto& check : rules_->checks) {
        check->finish(observation);
    }
    return std::move(findings_);
}

}  // namespace nmistorm::oracle
