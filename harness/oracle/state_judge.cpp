// SPDX-License-Identifier: GPL-2.0-or-later
#include "oracle/state_judge.h"

#include <fmt/format.h>

namespace nmistorm::oracle {
namespace {

constexpr std::uint32_t no_block = 0;

std::string rule_breaker(abi::Trip trip, std::uint32_t value) {
    switch (trip) {
        case abi::Trip::registers:
            return fmt::format("register {} changed across an NMI", value);
        case abi::Trip::frame:
            return fmt::format("the interrupted frame changed while the handler ran (ip {:#x})", value);
        case abi::Trip::data_generation:
            return fmt::format("the data's generation became {} under its handler", value);
        case abi::Trip::data_tag:
            return fmt::format("the tag left in the data became {:#x}", value);
        case abi::Trip::code:
            return fmt::format("it ran into destroyed code at {:#x}", value);
        case abi::Trip::data_magic:
        case abi::Trip::data_owner:
        case abi::Trip::data_tail:
            return fmt::format("a handler read {:#x} for the {} of its data", value,
                               trip == abi::Trip::data_magic   ? "magic"
                               : trip == abi::Trip::data_owner ? "owner"
                                                               : "tail");
    }
    return "a tripwire that the ABI does not know was hit";
}

Rule rule_of(abi::Trip trip, std::uint32_t value) {
    switch (trip) {
        case abi::Trip::registers:
        case abi::Trip::frame:
            return Rule::nesting;
        case abi::Trip::data_generation:
        case abi::Trip::data_tag:
        case abi::Trip::code:
            return Rule::reclaim;
        default:
            return value == abi::poison_free ? Rule::reclaim : Rule::publish;
    }
}

}  // namespace

template <typename... Args>
void StateJudge::broken(Rule rule, unsigned cpu, const char* format, Args... args) {
    if (!finding_) {
        finding_ = Finding{.rule = rule,
                           .vcpu = cpu,
                           .at = ip_,
                           .generation = {},
                           .detail = fmt::format(fmt::runtime(format), args...),
                           .around = {},
                           .where = {}};
    }
}

StateJudge::StateJudge(unsigned vcpus, std::optional<std::uint32_t> dummy_callback)
    : vcpus_(vcpus), callbacks_known_(dummy_callback.has_value()), dummy_(dummy_callback.value_or(0)) {
    if (callbacks_known_) {
        publishes(dummy_);
    }
}

void StateJudge::nmi_begins(unsigned cpu) {
    if (cpus_[cpu].in_nmi) {
        broken(Rule::nesting, cpu, "vCPU {} takes an NMI inside the handler of another", cpu);
    }
    cpus_[cpu].in_nmi = true;
}

void StateJudge::has_counted(unsigned cpu, std::uint32_t delivered, std::uint32_t count) {
    if (count != delivered) {
        broken(Rule::count, cpu, "vCPU {}: nmi_count is {} when NMI {} loads its callback", cpu, count,
               delivered);
    }
}

void StateJudge::frees_generation(unsigned cpu, std::uint32_t generation) {
    if (freed_.contains(generation)) {
        broken(Rule::reclaim, cpu, "vCPU {} frees generation {}, which had been freed before", cpu,
               generation);
        return;
    }
    freed_.push_back(generation);
}

void StateJudge::loads_callback(unsigned cpu, std::uint32_t value) {
    Cpu& self = cpus_[cpu];
    if (!self.loaded) {
        self.loaded = true;
        self.callback = value;
    }
    if (!callbacks_known_ || loadable_.contains(value)) {
        return;
    }
    if (ever_.contains(value)) {
        broken(Rule::freshness, cpu,
               "vCPU {} loads callback {:#x}, which had been retired when a grace period ended", cpu, value);
    } else {
        broken(Rule::publish, cpu, "vCPU {} loads callback {:#x}, which was never published", cpu, value);
    }
}

void StateJudge::enters_callback(unsigned cpu, std::uint32_t callback) {
    Cpu& self = cpus_[cpu];
    self.inside = true;
    if (self.loaded && self.callback != callback) {
        broken(Rule::publish, cpu, "vCPU {} loaded callback {:#x} but runs {:#x}", cpu, self.callback,
               callback);
    }
}

void StateJudge::leaves_callback(unsigned cpu) {
    Cpu& self = cpus_[cpu];
    self.loaded = self.inside = false;
    self.callback = self.handler_awaited = 0;
}

void StateJudge::nmi_ends(unsigned cpu, const std::string& changed) {
    if (!changed.empty()) {
        broken(Rule::nesting, cpu, "vCPU {}: after an IRET in the NMI handler {}", cpu, changed);
    }
    leaves_callback(cpu);
    cpus_[cpu].in_nmi = false;
}

void StateJudge::reader(unsigned cpu, bool begins) {
    if (begins && cpus_[cpu].reading) {
        return;  // a nested section, or the end of one
    }
    cpus_[cpu].reading = begins;
    cpus_[cpu].reader_awaited = 0;
}

void StateJudge::calls(Actor actor, TracedFunction function, std::uint32_t argument) {
    switch (function) {
        case TracedFunction::set_nmi_callback:
            publishes(argument);
            break;
        case TracedFunction::unset_nmi_callback:
            publishes(dummy_);
            break;
        case TracedFunction::synchronize_sched:
            grace_period_begins(actor);
            break;
        case TracedFunction::kmalloc:
            allocating_ |= actor.bit();
            asked_[actor.cpu * 2 + (actor.in_nmi ? 1 : 0)] = argument;
            break;
        case TracedFunction::kfree:
            frees(actor, argument);
            allocating_ |= actor.bit();
            break;
    }
}

void StateJudge::returns(Actor actor, TracedFunction function, std::uint32_t value) {
    switch (function) {
        case TracedFunction::synchronize_sched:
            grace_period_ends(actor);
            break;
        case TracedFunction::kmalloc: {
            std::uint32_t& asked = asked_[actor.cpu * 2 + (actor.in_nmi ? 1 : 0)];
            allocating_ &= ~actor.bit();
            allocates(actor, value, asked);
            asked = 0;
            break;
        }
        case TracedFunction::kfree:
            allocating_ &= ~actor.bit();
            break;
        default:
            break;
    }
}

void StateJudge::publishes(std::uint32_t callback) {
    if (!callbacks_known_) {
        return;
    }
    current_ = callback;
    if (callback != 0) {  // null is never a callback
        ever_.insert(callback);
        loadable_.insert(callback);
        for (unsigned i = 0; i < vcpus_ * 2; ++i) {
            if ((waiting_ >> i & 1) != 0) {
                since_begin_[i].insert(callback);
            }
        }
    }
}

void StateJudge::grace_period_begins(Actor actor) {
    waiting_ |= actor.bit();
    auto& since = since_begin_[actor.cpu * 2 + (actor.in_nmi ? 1 : 0)];
    since.clear();
    since.insert(current_);
    for (unsigned cpu = 0; cpu < vcpus_; ++cpu) {
        Cpu& other = cpus_[cpu];
        other.handler_awaited |= other.loaded ? actor.bit() : 0;
        other.reader_awaited |= other.reading ? actor.bit() : 0;
    }
}

void StateJudge::grace_period_ends(Actor actor) {
    waiting_ &= ~actor.bit();
    for (unsigned cpu = 0; cpu < vcpus_; ++cpu) {
        Cpu& other = cpus_[cpu];
        if ((other.handler_awaited & actor.bit()) != 0) {
            broken(Rule::grace_period, cpu,
                   "synchronize_sched() returns on vCPU {} while a handler on vCPU {} that had loaded "
                   "nmi_callback before the call is still running",
                   actor.cpu, cpu);
        }
        if ((other.reader_awaited & actor.bit()) != 0) {
            broken(Rule::grace_period, cpu,
                   "synchronize_sched() returns on vCPU {} while vCPU {} is still in the preempt-disabled "
                   "section that it was in at the call",
                   actor.cpu, cpu);
        }
        other.handler_awaited &= ~actor.bit();
        other.reader_awaited &= ~actor.bit();
    }
    auto& since = since_begin_[actor.cpu * 2 + (actor.in_nmi ? 1 : 0)];
    loadable_.clear();
    for (const std::uint32_t callback : since) {
        loadable_.insert(callback);
    }
    since.clear();
}

StateJudge::Block* StateJudge::block_at(std::uint32_t address) {
    for (Block& block : blocks_) {
        if (address >= block.address && address - block.address < block.size) {
            return &block;
        }
    }
    return nullptr;
}

void StateJudge::allocates(Actor actor, std::uint32_t address, std::uint32_t size) {
    if (address == no_block) {
        return;
    }
    Block* block = block_at(address);
    if (block == nullptr) {
        blocks_.push_back({});
        block = blocks_.end() - 1;
    } else if (block->allocated) {
        broken(Rule::allocation, actor.cpu, "kmalloc() returns block {:#x}, which is in use", address);
    }
    *block = {.address = address,
              .size = std::min<std::uint32_t>(size, block_words * 4),
              .allocated = true,
              .written = {}};
}

void StateJudge::frees(Actor actor, std::uint32_t address) {
    Block* block = block_at(address);
    if (block == nullptr || block->address != address) {
        broken(Rule::allocation, actor.cpu, "vCPU {} frees {:#x}, which kmalloc() never returned", actor.cpu,
               address);
    } else if (!block->allocated) {
        broken(Rule::allocation, actor.cpu, "vCPU {} frees block {:#x} a second time", actor.cpu, address);
    } else {
        block->allocated = false;
    }
}

void StateJudge::touches(Actor actor, std::uint32_t address, std::uint32_t size, bool written) {
    Block* block = block_at(address);
    if (block == nullptr || (allocating_ & actor.bit()) != 0) {
        return;
    }
    const char* who = actor.in_nmi ? "an NMI handler on vCPU" : "vCPU";
    const char* what = written ? "writes to" : "reads";
    if (!block->allocated) {
        broken(Rule::reclaim, actor.cpu, "{} {} {} {:#x} in a block that has been freed", who, actor.cpu,
               what, address);
        return;
    }
    for (std::uint32_t at = address - block->address; at < address - block->address + size; at += 4) {
        if (at / 4 >= block_words) {
            break;
        }
        if (written) {
            block->written.set(at / 4);
        } else if (actor.in_nmi && !block->written.test(at / 4)) {
            broken(Rule::publish, actor.cpu, "{} {} {} {:#x}, which is not initialised yet", who, actor.cpu,
                   what, address);
        }
    }
}

void StateJudge::trips(unsigned cpu, abi::Trip trip, std::uint32_t value, std::uint32_t generation) {
    broken(rule_of(trip, value), cpu, "vCPU {}, generation {}: {}", cpu, generation,
           rule_breaker(trip, value));
}

void StateJudge::fatal_exit(const FatalExit& fatal_exit) {
    now_at({fatal_exit.ip});
    broken(Rule::progress, fatal_exit.vcpu, "{}", text_of(fatal_exit));
}

void StateJudge::stands_still(unsigned cpu, GuestVirt ip) {
    now_at(ip);
    broken(Rule::progress, cpu,
           "no vCPU can go on, and the swap is not over: vCPU {} waits for what will not happen", cpu);
}

void StateJudge::at_rest(unsigned cpu, std::uint32_t delivered, const abi::Counters& counters) {
    const auto expect = [&](std::uint32_t count, const char* what) {
        if (count != delivered) {
            broken(Rule::count, cpu, "vCPU {}: {} NMIs delivered but {} {}", cpu, delivered, count, what);
        }
    };
    expect(counters.nmi_entries, "entered");
    expect(counters.nmi_count, "counted in nmi_count");
    expect(counters.nmi_answered + counters.nmi_defaulted, "answered or given the default action");
    expect(counters.nmi_exits, "left");
}

void StateJudge::at_rest_with_blocks() {
    const auto in_use = static_cast<unsigned>(
        std::count_if(blocks_.begin(), blocks_.end(), [](const Block& block) { return block.allocated; }));
    const unsigned published = current_ != dummy_ && current_ != 0 ? 1 : 0;
    if (callbacks_known_ && in_use > published) {
        broken(Rule::allocation, 0, "{} blocks are in use after the swap but {} published", in_use,
               published);
    }
}

}  // namespace nmistorm::oracle
