// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/explore/explore.h"

#include "base/clock.h"
#include "base/error.h"
#include "drive/explore/play.h"

namespace nmistorm::drive::explore {
namespace {

using namespace std::chrono_literals;

constexpr auto status_every = 100ms;
constexpr std::uint32_t beyond = 1000;  // instructions that a schedule which is being shortened may go on for

class Explorer {
  public:
    Explorer(const plan::ExplorePlan& plan, const image::Image& image, const kvm::System& system,
             const ExploreHooks& hooks)
        : plan_(plan), image_(image), system_(system), hooks_(hooks) {}

    ExploreResult run() {
        for (const plan::Condition condition : plan::all_conditions) {
            const bool wanted = !plan_.condition || plan_.condition == condition;
            if (wanted && !over()) {
                explore(condition);
            }
            if (plan_.vcpus == 1) {
                break;  // there is nobody to be in it
            }
        }
        result_.seconds = elapsed();
        return std::move(result_);
    }

  private:
    [[nodiscard]] double elapsed() const {
        return std::chrono::duration<double>(Clock::now() - started_).count();
    }
    [[nodiscard]] bool over() const { return result_.found || result_.interrupted || result_.out_of_budget; }

    void explore(plan::Condition condition) {
        ExploredGuest guest(system_, image_, plan_, condition);
        if (learned_) {
            guest.learn_from(learned_);
        }
        learned_ = guest.share_learned();
        result_.learned = learned_;
        result_.unjudged = guest.landmarks().missing();
        for (unsigned preemptions = 0; preemptions <= plan_.preemptions && !over(); ++preemptions) {
            while (pass(guest, condition, preemptions) == SearchEnd::begin_again) {
            }
        }
    }

    SearchEnd pass(ExploredGuest& guest, plan::Condition condition, unsigned preemptions) {
        guest.restart();
        learned_->news = false;
        const std::uint64_t steps = learned_->steps;
        const double begun = elapsed();
        Search search(guest, {preemptions, plan_.nmis}, part(preemptions), [&] { return look(); });
        pass_ = {};
        pass_.condition = condition;
        pass_.preemptions = preemptions;
        tally_ = [&search] { return search.tally(); };
        pass_.end = search.run();
        pass_.tally = search.tally();
        pass_.steps = learned_->steps - steps;
        pass_.seconds = elapsed() - begun;
        result_.steps += pass_.steps;
        if (pass_.end == SearchEnd::found) {
            found(guest, condition);
        }
        if (pass_.end != SearchEnd::begin_again) {
            result_.passes.push_back(pass_);
        }
        return pass_.end;
    }

    /// Keeps what was found, shortened.
    void found(ExploredGuest& guest, plan::Condition condition) {
        const double seconds = elapsed();
        const Schedule schedule = guest.schedule();
        const oracle::Rule rule = guest.finding()->rule;
        const auto attempt = [&guest, rule](const Schedule& candidate) -> std::optional<Priced> {
            const Played played = play(guest, candidate, beyond);
            const bool same = guest.finding() && guest.finding()->rule == rule;
            return same ? std::optional(played.done) : std::nullopt;
        };
        const auto first = attempt(schedule);
        if (!first) {
            throw Error(
                "a schedule that broke a rule does not break it again: this KVM cannot be stepped exactly");
        }
        const Priced best = shorten(*first, attempt);
        play(guest, best.schedule);
        result_.found = {*guest.finding(), condition, best, seconds};
    }

    /// Smaller bounds are searched whole by every shard: that is how each learns which words are shared.
    [[nodiscard]] Part part(unsigned preemptions) const {
        return {preemptions == plan_.preemptions ? plan_.shard : plan::Shard{}, 0};
    }

    /// True ends the search.
    bool look() {
        if (++looks_ % 64 != 0) {
            return over();
        }
        const auto now = Clock::now();
        result_.interrupted = result_.interrupted || (hooks_.interrupted && hooks_.interrupted());
        result_.out_of_budget = plan_.budget && now - started_ >= *plan_.budget;
        if (now >= next_status_ && hooks_.status) {
            next_status_ = now + status_every;
            const SearchTally tally = tally_();
            hooks_.status({elapsed(), pass_.condition, pass_.preemptions, tally.schedules, tally.states,
                           learned_->steps});
        }
        return over();
    }

    const plan::ExplorePlan& plan_;
    const image::Image& image_;
    const kvm::System& system_;
    const ExploreHooks& hooks_;
    const Clock::time_point started_ = Clock::now();
    Clock::time_point next_status_{};
    std::uint64_t looks_ = 0;
    std::shared_ptr<Learned> learned_;
    std::function<SearchTally()> tally_;
    Pass pass_;
    ExploreResult result_;
};

}  // namespace

ExploreResult explore(const plan::ExplorePlan& plan, const image::Image& image, const kvm::System& system,
                      const ExploreHooks& hooks) {
    return Explorer(plan, image, system, hooks).run();
}

}  // namespace nmistorm::drive::explore
