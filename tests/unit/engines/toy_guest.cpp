// SPDX-License-Identifier: GPL-2.0-or-later
#include "toy_guest.h"

namespace nmistorm::engines::explore::test {

const Op* ToyGuest::next(unsigned cpu) const {
    const Mark::Cpu& self = state_.cpus[cpu];
    const Program& program = self.in_nmi ? handler_ : programs_[cpu];
    return self.at < program.size() ? &program[self.at] : nullptr;
}

void ToyGuest::run(unsigned cpu) {
    Mark::Cpu& self = state_.cpus[cpu];
    const Op* op = next(cpu);
    if (op == nullptr) {  // the handler's IRET
        self.in_nmi = false;
        self.at = self.interrupted_at;
        self.reg = self.interrupted_reg;
        return;
    }
    ++self.at;
    switch (op->what) {
        case Op::What::load:
            self.reg = state_.memory[op->word];
            break;
        case Op::What::store:
            state_.memory[op->word] = self.reg;
            break;
        case Op::What::add:
            self.reg += op->value;
            break;
        case Op::What::await:
            self.at -= state_.memory[op->word] == 0 ? 1 : 0;
            break;
        case Op::What::refuse:
            state_.broken |= self.reg == op->value;
            break;
        case Op::What::repeat:
            self.at = state_.memory[op->word] == 0 ? 0 : self.at;
            break;
        case Op::What::halt:
            break;
    }
}

void ToyGuest::nmi(unsigned cpu) {
    Mark::Cpu& self = state_.cpus[cpu];
    const Op* op = next(cpu);
    self.interrupted_at = self.at + (op != nullptr && op->what == Op::What::halt ? 1 : 0);
    self.interrupted_reg = self.reg;
    self.in_nmi = true;
    self.at = 0;
    self.reg = 0;
}

guests::StateKey ToyGuest::key() const {
    guests::StateKey key;
    std::uint64_t place = 0;
    const auto add = [&](std::uint64_t value) { key ^= guests::key_of(++place, value + 1); };
    for (const int word : state_.memory) {
        add(static_cast<std::uint64_t>(word));
    }
    for (const Mark::Cpu& cpu : state_.cpus) {
        add(cpu.at);
        add(static_cast<std::uint64_t>(cpu.reg));
        add(cpu.in_nmi ? 1 : 0);
        add(cpu.interrupted_at);
        add(static_cast<std::uint64_t>(cpu.interrupted_reg));
    }
    return key;
}

bool ToyGuest::complete() const {
    for (unsigned cpu = 0; cpu < cpus(); ++cpu) {
        if (state_.cpus[cpu].in_nmi || state_.cpus[cpu].at < programs_[cpu].size()) {
            return false;
        }
    }
    return true;
}

void ToyGuest::deadlock() {
    ends_.insert(state_);
}

}  // namespace nmistorm::engines::explore::test
