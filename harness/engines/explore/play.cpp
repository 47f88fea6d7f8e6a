// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/explore/play.h"

#include <optional>

#include "engines/explore/livelock.h"

namespace nmistorm::engines::explore {
namespace {

class Player {
  public:
    Player(guests::ExploredGuest& guest, const Looker& look) : guest_(guest), look_(look) {}

    Played play(const plan::Schedule& schedule, std::uint32_t further) {
        guest_.restart();
        for (const Move& move : schedule) {
            if (guest_.finding()) {
                break;
            }
            make(move);
        }
        judge_end();
        if (further != 0 && last_ && !guest_.finding()) {
            make({Move::What::run, *last_, further});
            judge_end();
        }
        played_.done.schedule = guest_.schedule();
        return std::move(played_);
    }

  private:
    void make(const Move& move) {
        const bool nmi = move.what == Move::What::nmi;
        if (nmi ? !guest_.can_take_nmi(move.cpu) : !guest_.can_run(move.cpu)) {
            played_.whole = false;
            return;
        }
        switch_to(move.cpu);
        if (nmi) {
            look(move);
            guest_.nmi(move.cpu);
            ++played_.done.nmis;
            return;
        }
        for (std::uint32_t i = 0; i < move.steps && !guest_.finding(); ++i) {
            if (!guest_.can_run(move.cpu)) {
                played_.whole = false;
                return;
            }
            look(move);
            guest_.step(move.cpu);
        }
    }

    void judge_end() {
        if (last_ && !guest_.finding()) {
            judge_stuck(guest_);
        }
    }

    void switch_to(unsigned cpu) {
        if (last_ && *last_ != cpu && guest_.can_run(*last_) && !guest_.spins(*last_)) {
            ++played_.done.preemptions;
        }
        last_ = cpu;
    }

    void look(const Move& move) const {
        if (look_) {
            look_(move);
        }
    }

    guests::ExploredGuest& guest_;
    const Looker& look_;
    Played played_;
    std::optional<unsigned> last_;
};

}  // namespace

Played play(guests::ExploredGuest& guest, const plan::Schedule& schedule, std::uint32_t further,
            const Looker& look) {
    return Player(guest, look).play(schedule, further);
}

}  // namespace nmistorm::engines::explore
