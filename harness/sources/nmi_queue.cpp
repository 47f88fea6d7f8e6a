// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/nmi_queue.h"

#include <algorithm>
#include <numeric>

namespace nmistorm::sources {
namespace {

/// The sources' NMIs wait in the same place, so what one of them allows is possible.
oracle::DeliveryLimits limits_of(const std::vector<NamedSource>& sources) {
    oracle::DeliveryLimits all{0, 0};
    for (const NamedSource& each : sources) {
        const oracle::DeliveryLimits limits = each.source->limits();
        all.outside = std::max(all.outside, limits.outside);
        all.inside = std::max(all.inside, limits.inside);
    }
    return all;
}

}  // namespace

NmiQueue::NmiQueue(Setup setup)
    : setup_(std::move(setup)),
      come_later_(std::ranges::any_of(setup_.sources,
                                      [](const NamedSource& each) { return each.source->comes_later(); })),
      vcpus_(setup_.vcpus) {
    for (unsigned cpu = 0; cpu < setup_.vcpus; ++cpu) {
        vcpus_[cpu].sources = std::vector<PerSource>(setup_.sources.size());
        begin_counting(cpu);
    }
}

void NmiQueue::begin_counting(unsigned cpu) {
    PerVcpu& mine = vcpus_[cpu];
    const std::lock_guard lock(mine.making);
    for (PerSource& source : mine.sources) {
        source.requested.store(0);
        source.accepted.store(0);
    }
    mine.ledger = oracle::DeliveryLedger(limits_of(setup_.sources));
    mine.ledger.begin(setup_.counts(cpu));
    std::seed_seq mixed{static_cast<std::uint32_t>(setup_.seed),
                        static_cast<std::uint32_t>(setup_.seed >> 32), cpu, 2U};
    mine.random.seed(mixed);
}

/// The source of the next NMI.
std::size_t NmiQueue::draw(PerVcpu& mine) const {
    const std::size_t sources = setup_.sources.size();
    const std::size_t which = sources == 1 ? 0 : mine.random() % sources;
    mine.sources[which].requested.fetch_add(1, std::memory_order_relaxed);
    return which;
}

void NmiQueue::make(unsigned cpu, kvm::Vcpu& vcpu, std::uint32_t nmis) {
    PerVcpu& mine = vcpus_[cpu];
    std::vector<std::uint32_t> by_source(setup_.sources.size());
    for (std::uint32_t i = 0; i < nmis; ++i) {
        ++by_source[draw(mine)];
    }
    make_here(cpu, vcpu, by_source);
}

void NmiQueue::make_here(unsigned cpu, kvm::Vcpu& vcpu, const std::vector<std::uint32_t>& by_source) {
    PerVcpu& mine = vcpus_[cpu];
    const std::uint32_t nmis = std::accumulate(by_source.begin(), by_source.end(), 0U);
    mine.outstanding.store(Outstanding::unknown);
    if (setup_.before_nmis) {
        std::uint32_t now = 0;
        for (std::size_t which = 0; which < by_source.size(); ++which) {
            now += setup_.sources[which].source->comes_later() ? 0 : by_source[which];
        }
        setup_.before_nmis(cpu, vcpu, now);
    }
    const std::lock_guard lock(mine.making);
    const oracle::NmiCounts counts = setup_.counts(cpu);
    if (!come_later_) {
        mine.ledger.batch(counts, nmis);
    }
    for (std::size_t which = 0; which < by_source.size(); ++which) {
        for (std::uint32_t i = 0; i < by_source[which]; ++i) {
            if (setup_.sources[which].source->make_nmi(cpu, vcpu)) {
                mine.sources[which].accepted.fetch_add(1, std::memory_order_relaxed);
            }
        }
    }
    if (come_later_) {
        mine.ledger.batch_while_running(counts, counts, nmis, under_way(cpu));
    }
}

void NmiQueue::make_while_running(unsigned cpu, std::size_t which, std::uint32_t nmis) {
    PerVcpu& mine = vcpus_[cpu];
    AnyThreadSource& source = *setup_.sources[which].source->from_any_thread();
    const std::lock_guard lock(mine.making);
    const oracle::NmiCounts before = setup_.counts(cpu);
    for (std::uint32_t i = 0; i < nmis; ++i) {
        if (source.make_nmi(cpu)) {
            mine.sources[which].accepted.fetch_add(1, std::memory_order_relaxed);
        }
    }
    const std::uint32_t later =
        under_way(cpu);  // before the counts: what has come until then may be among them
    mine.ledger.batch_while_running(before, setup_.counts(cpu), nmis, later);
    mine.outstanding.store(Outstanding::unknown);
}

void NmiQueue::request(machine::VcpuThread& thread, unsigned cpu, std::uint32_t nmis) {
    PerVcpu& mine = vcpus_[cpu];
    bool for_the_vcpu = false;
    for (std::uint32_t i = 0; i < nmis; ++i) {
        const std::size_t which = draw(mine);
        if (setup_.sources[which].source->from_any_thread() != nullptr) {
            make_while_running(cpu, which, 1);
        } else {
            mine.sources[which].waiting.fetch_add(1);
            for_the_vcpu = true;
        }
    }
    if (for_the_vcpu) {
        mine.outstanding.store(Outstanding::unknown);
        thread.kick();
    }
}

std::uint32_t NmiQueue::waiting(unsigned cpu) const {
    std::uint32_t waiting = 0;
    for (const PerSource& source : vcpus_[cpu].sources) {
        waiting += source.waiting.load();
    }
    return waiting + under_way(cpu);
}

std::uint32_t NmiQueue::under_way(unsigned cpu) const {
    std::uint32_t under_way = 0;
    for (const NamedSource& each : setup_.sources) {
        under_way += each.source->under_way(cpu);
    }
    return under_way;
}

std::uint64_t NmiQueue::accepted(unsigned cpu) const {
    std::uint64_t accepted = 0;
    for (const PerSource& source : vcpus_[cpu].sources) {
        accepted += source.accepted.load();
    }
    return accepted;
}

bool NmiQueue::drained(machine::VcpuThread& thread, unsigned cpu) {
    std::atomic<Outstanding>& outstanding = vcpus_[cpu].outstanding;
    if (!idle(cpu)) {
        // What comes later may come after KVM has answered, so that answer does not count.
        outstanding.store(Outstanding::unknown);
        return false;
    }
    Outstanding seen = Outstanding::unknown;
    if (outstanding.compare_exchange_strong(seen, Outstanding::asked)) {
        thread.kick();
    }
    return seen == Outstanding::none;
}

void NmiQueue::leave_vm() {
    for (const NamedSource& each : setup_.sources) {
        each.source->leave_vm();
    }
}

void NmiQueue::enter_vm() {
    for (const NamedSource& each : setup_.sources) {
        each.source->enter_vm();
    }
}

machine::Turn NmiQueue::before_run(unsigned cpu, kvm::Vcpu& vcpu) {
    PerVcpu& mine = vcpus_[cpu];
    std::vector<std::uint32_t> by_source;
    for (const PerSource& source : mine.sources) {
        by_source.push_back(source.waiting.load());
    }
    if (std::ranges::any_of(by_source, [](std::uint32_t waiting) { return waiting != 0; })) {
        make_here(cpu, vcpu, by_source);
        for (std::size_t which = 0; which < by_source.size(); ++which) {
            mine.sources[which].waiting.fetch_sub(by_source[which]);
        }
    }
    if (Outstanding asked = Outstanding::asked;
        mine.outstanding.compare_exchange_strong(asked, Outstanding::answering)) {
        const bool none = !vcpu.has_nmi();
        Outstanding answering = Outstanding::answering;  // unless a request came in the meantime
        mine.outstanding.compare_exchange_strong(answering, none ? Outstanding::none : Outstanding::unknown);
    }
    return {};
}

oracle::Delivery NmiQueue::delivery(unsigned cpu) {
    oracle::DeliveryLedger& ledger = vcpus_[cpu].ledger;
    ledger.settle(setup_.counts(cpu));
    return {.requested = 0,
            .accepted = accepted(cpu),
            .entries = ledger.entries(),
            .at_least = ledger.at_least(),
            .at_most = ledger.at_most(),
            .surplus = ledger.surplus(),
            .kvm_injections = {}};
}

std::vector<oracle::SourceAccount> NmiQueue::accounts() const {
    std::vector<oracle::SourceAccount> accounts;
    for (std::size_t which = 0; which < setup_.sources.size(); ++which) {
        oracle::SourceAccount& account = accounts.emplace_back();
        account.source = setup_.sources[which].name;
        for (const PerVcpu& vcpu : vcpus_) {
            account.requested += vcpu.sources[which].requested.load();
            account.accepted += vcpu.sources[which].accepted.load();
        }
    }
    return accounts;
}

}  // namespace nmistorm::sources
