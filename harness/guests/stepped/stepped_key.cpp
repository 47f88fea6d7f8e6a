// SPDX-License-Identifier: GPL-2.0-or-later
// The key of a stepped guest's state, and whose its stacks are.
#include <cstddef>

#include "guests/stepped/stepped_guest.h"

namespace nmistorm::guests {
namespace {

constexpr std::uint64_t counts_in_rflags = ~(kvm::rflags_tf | 0x10000);  // without TF and RF, which KVM uses

}  // namespace

void SteppedGuest::add_stack(StateKey& key, std::uint64_t from, std::uint64_t to) const {
    for (std::uint64_t at = from / UndoLog::word_size * UndoLog::word_size;
         at < to && at < memory().size() - UndoLog::word_size; at += UndoLog::word_size) {
        std::uint64_t value = log_.word(at);
        if (at < from) {
            value &= ~std::uint64_t{0} << (from - at) * 8;
        }
        key ^= key_of(at, value);
    }
}

StateKey SteppedGuest::key() const {
    StateKey key = log_.key();
    std::uint64_t place = memory().size();  // beyond every address
    for (unsigned cpu = 0; cpu < cpus(); ++cpu) {
        const VcpuState& state = states_[cpu];
        const auto add = [&key, &place](const kvm_regs& regs) {
            const auto* words = reinterpret_cast<const std::uint64_t*>(&regs);
            for (std::size_t i = 0; i < offsetof(kvm_regs, rflags) / UndoLog::word_size; ++i) {
                key ^= key_of(place++, words[i]);
            }
            key ^= key_of(place++, regs.rflags & counts_in_rflags);
        };
        add(state.regs);
        key ^= key_of(place++, state.in_nmi ? 1 : 0);
        const std::uint64_t task = layout().task_stack(cpu).value;
        const std::uint64_t task_begin = task - Layout::task_stack_pages * page_size;
        const auto add_if_in = [&](std::uint64_t sp, std::uint64_t begin, std::uint64_t end) {
            if (sp >= begin && sp < end) {
                add_stack(key, sp, end);
            }
        };
        if (state.in_nmi) {
            add(state.interrupted);
            const std::uint64_t nmi = layout().nmi_stack(cpu).value;
            add_if_in(state.regs.rsp, nmi - Layout::nmi_stack_pages * page_size, nmi);
            // On i386 the handler uses the interrupted stack.
            add_if_in(i386_ ? state.regs.rsp : state.interrupted.rsp, task_begin, task);
        } else {
            place += 18;
            add_if_in(state.regs.rsp, task_begin, task);
        }
    }
    return key;
}

bool SteppedGuest::on_own_stack(unsigned cpu, const Access& access) const {
    const VcpuState& state = states_[cpu];
    const std::uint64_t task = layout().task_stack(cpu).value;
    const std::uint64_t begin = task - Layout::task_stack_pages * page_size;
    const std::uint64_t nmi = layout().nmi_stack(cpu).value;
    const bool on_task = access.address >= begin && access.address + access.size <= task;
    if (!state.in_nmi) {
        return on_task;
    }
    const bool on_nmi = access.address >= nmi - Layout::nmi_stack_pages * page_size && access.address < nmi;
    // The interrupted code uses what lies above its stack pointer.
    return on_nmi || (on_task && access.address + access.size <= state.interrupted.rsp);
}

}  // namespace nmistorm::guests
