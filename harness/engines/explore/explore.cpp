// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/explore/explore.h"

#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "engines/explore/coverage.h"
#include "engines/explore/listing.h"
#include "engines/explore/play.h"
#include "engines/explore/search.h"
#include "engines/vcpu_ends.h"
#include "guests/stepped/cannot_explore.h"
#include "guests/stepped/explored_guest.h"
#include "guests/stepped/limits.h"

namespace nmistorm::engines::explore {
namespace {

using namespace std::chrono_literals;
using oracle::Round;

constexpr auto status_every = 100ms;
constexpr std::uint32_t beyond = 1000;  // instructions by which a minimized schedule may be extended

class Explorer {
  public:
    Explorer(const plan::ExplorePlan& plan, const image::Image& image, const kvm::System& system,
             const Checkpoint& before, const ExploreHooks& hooks)
        : plan_(plan), image_(image), system_(system), before_(before), hooks_(hooks) {}

    ExploreResult run() {
        result_.shards_disagree = before_.shards_disagree;
        result_.limits = guests::limits_of_stepping(plan_, "whether the bound is exhausted is said instead");
        try {
            explore_all();
        } catch (const guests::Stopped&) {  // while a guest booted
        } catch (const guests::CannotExplore& cannot) {
            throw Error(cannot.text(image_));
        }
        for (const Round& round : result_.rounds) {
            result_.steps += round.steps;
        }
        result_.seconds = seconds_so_far();
        if (discovered_) {
            result_.coverage = coverage(image_, *discovered_);
        }
        return {result_, progress(result_.rounds)};
    }

  private:
    void explore_all() {
        for (const plan::Condition condition : plan::all_conditions) {
            const bool wanted = !plan_.condition || plan_.condition == condition;
            if (wanted && !over()) {
                explore(condition);
            }
            if (plan_.vcpus == 1) {
                break;  // no vCPU is left to be in this condition
            }
        }
    }

    [[nodiscard]] double elapsed() const {
        return std::chrono::duration<double>(Clock::now() - started_).count();
    }
    /// Since the start, and before it in the rounds that are continued.
    [[nodiscard]] double seconds_so_far() const {
        double seconds = elapsed();
        for (const Round& earlier : before_.rounds) {
            seconds += earlier.seconds;
        }
        return seconds;
    }
    [[nodiscard]] bool over() const {
        return result_.found || result_.interrupted || result_.out_of_budget || result_.out_of_memory;
    }

    void explore(plan::Condition condition) {
        guests::ExploredGuest guest(system_, image_, plan_, condition, [this] { return look(); });
        share_discovered(guest);
        result_.unjudged = guest.landmarks().missing();
        for (unsigned preemptions = 0; preemptions <= plan_.preemptions && !over(); ++preemptions) {
            const Round earlier = done_before(condition, preemptions);
            if (earlier.end == SearchEnd::exhausted) {
                result_.rounds.push_back(earlier);
                continue;
            }
            Bound bound{condition, preemptions, earlier};
            while (explore_bound(guest, bound) == SearchEnd::begin_again) {
                bound.earlier = nothing_done();  // units are numbered differently now
                result_.shards_disagree |= plan_.shard.of > 1 && preemptions == plan_.preemptions;
            }
        }
    }

    /// What one guest of the image has discovered is shared with the next one.
    void share_discovered(guests::ExploredGuest& guest) {
        if (discovered_) {
            guest.adopt(discovered_);
            return;
        }
        discovered_ = guest.share_discovered();
        for (const guests::TouchedWord& word : before_.touched) {
            discovered_->shared.add(word);
        }
        for (const std::uint32_t address : before_.covered) {
            discovered_->covered.at(address - image::image_begin.value) = true;
        }
    }

    [[nodiscard]] Round done_before(plan::Condition condition, unsigned preemptions) const {
        const auto earlier = std::ranges::find_if(before_.rounds, [&](const Round& round) {
            return round.condition == condition && round.preemptions == preemptions;
        });
        if (earlier != before_.rounds.end()) {
            return *earlier;
        }
        return nothing_done();
    }
    static Round nothing_done() {
        Round none;
        none.end = SearchEnd::stopped;
        return none;
    }

    /// One bound in one condition, and how far it was searched before.
    struct Bound {
        plan::Condition condition{};
        unsigned preemptions = 0;
        Round earlier;
    };

    SearchEnd explore_bound(guests::ExploredGuest& guest, const Bound& bound) {
        guest.restart();
        discovered_->news = false;
        // Every shard searches the smaller bounds completely, to find which words are shared.
        const plan::Shard shard = bound.preemptions == plan_.preemptions ? plan_.shard : plan::Shard{};
        Search search(guest, {bound.preemptions, plan_.nmis}, {shard, bound.earlier.tally.done},
                      [this] { return choose(); });
        round_.condition = bound.condition;
        round_.preemptions = bound.preemptions;
        figures_ = [this, &search, &bound, steps = discovered_->steps, begun = elapsed()] {
            return Figures{
                so_far(search.tally(), discovered_->steps - steps, elapsed() - begun, bound.earlier),
                search.bytes()};
        };
        const SearchEnd end = search.run();
        round_ = figures_().round;
        figures_ = {};
        round_.end = end;
        guest.guest().check_memory();
        if (end == SearchEnd::found) {
            found(guest);
        }
        if (end != SearchEnd::begin_again) {
            result_.rounds.push_back(round_);
        }
        return end;
    }

    [[nodiscard]] Round so_far(const SearchTally& tally, std::uint64_t steps, double seconds,
                               const Round& earlier) const {
        Round round{round_.condition, round_.preemptions, SearchEnd::stopped, tally, steps, seconds};
        if (discovered_->news) {
            round.tally.done = 0;  // it stopped with a new shared word, which changes the numbers of units
        }
        if (earlier.tally.done != 0) {
            round.tally.ended += earlier.tally.ended;
            round.tally.merged += earlier.tally.merged;
            round.tally.states += earlier.tally.states;
            round.steps += earlier.steps;
            round.seconds += earlier.seconds;
        }
        return round;
    }

    /// Returns @p rounds and the earlier ones that they do not repeat.
    [[nodiscard]] Checkpoint progress(std::vector<Round> rounds) const {
        for (const Round& earlier : before_.rounds) {
            const bool repeated = std::ranges::any_of(rounds, [&earlier](const Round& round) {
                return round.condition == earlier.condition && round.preemptions == earlier.preemptions;
            });
            if (!repeated) {
                rounds.push_back(earlier);
            }
        }
        if (!discovered_) {
            return {std::move(rounds), before_.touched, before_.covered, result_.shards_disagree};
        }
        return {std::move(rounds), discovered_->shared.all(), covered(), result_.shards_disagree};
    }

    /// Records the finding with a minimized schedule.
    void found(guests::ExploredGuest& guest) {
        const double seconds = seconds_so_far();
        const Schedule schedule = guest.schedule();
        const oracle::Rule rule = guest.finding()->rule;
        const auto attempt = [this, &guest, rule](const Schedule& candidate) -> std::optional<Cost> {
            const guests::Stop interrupted = [this] { return hooks_.interrupted && hooks_.interrupted(); };
            if (interrupted()) {
                return std::nullopt;  // the shortest schedule so far is good enough
            }
            guest.set_stop(interrupted);
            try {
                const Played played = play(guest, candidate, beyond);
                const bool same = guest.finding() && guest.finding()->rule == rule;
                return same ? std::optional(played.done) : std::nullopt;
            } catch (const guests::Stopped&) {
            } catch (const guests::CannotExplore&) {  // on a path that the search did not take
            }
            return std::nullopt;
        };
        guest.set_stop({});  // no interruption until the finding is recorded
        const Played again = play(guest, schedule, beyond);
        if (!guest.finding() || guest.finding()->rule != rule) {
            throw Error(
                "a schedule that broke a rule does not break it again: this KVM cannot be stepped exactly");
        }
        const Cost best = minimize(again.done, attempt);
        guest.guest().check_memory();
        guest.set_stop({});
        const std::vector<std::string> lines = listing(guest, image_, best.schedule);
        const std::vector<oracle::VcpuEnd> ends = vcpu_ends(guest, image_);
        oracle::Finding finding = *guest.finding();
        if (finding.at) {
            finding.where = image_.describe(*finding.at);
        }
        result_.found = {finding,   round_.condition, best.schedule, best.preemptions,
                         best.nmis, seconds,          lines,         ends};
    }

    /// Called between two steps. Returns true to end the exploration.
    bool look() {
        const auto now = Clock::now();
        result_.interrupted = result_.interrupted || (hooks_.interrupted && hooks_.interrupted());
        result_.out_of_budget = plan_.budget && now - started_ >= *plan_.budget;
        if (now >= next_status_ && hooks_.status && figures_) {
            next_status_ = now + status_every;
            const Round round = figures_().round;
            hooks_.status({elapsed(), round.condition, round.preemptions,
                           round.tally.ended + round.tally.merged, round.tally.states, discovered_->steps});
        }
        return over();
    }

    /// Called before each choice of the search. Returns true to end the exploration.
    bool choose() {
        const auto now = Clock::now();
        result_.out_of_memory = plan_.memory && figures_().bytes > *plan_.memory;
        if (hooks_.checkpoint && now >= next_checkpoint_) {
            std::vector<Round> rounds = result_.rounds;
            rounds.push_back(figures_().round);
            hooks_.checkpoint(progress(std::move(rounds)));
            next_checkpoint_ = Clock::now() + hooks_.checkpoint_every;
        }
        return look();
    }

    [[nodiscard]] std::vector<std::uint32_t> covered() const {
        std::vector<std::uint32_t> addresses;
        for (std::size_t i = 0; i < discovered_->covered.size(); ++i) {
            if (discovered_->covered[i]) {
                addresses.push_back(static_cast<std::uint32_t>(image::image_begin.value + i));
            }
        }
        return addresses;
    }

    const plan::ExplorePlan& plan_;
    const image::Image& image_;
    const kvm::System& system_;
    const Checkpoint& before_;
    const ExploreHooks& hooks_;
    const Clock::time_point started_ = Clock::now();
    Clock::time_point next_status_{};
    Clock::time_point next_checkpoint_ = started_ + hooks_.checkpoint_every;
    std::shared_ptr<guests::Discovered> discovered_;
    struct Figures {
        Round round;
        std::size_t bytes = 0;  ///< of what grows during a search
    };
    std::function<Figures()> figures_;  ///< of the search under way; empty if there is none
    Round round_;
    oracle::Exploration result_;
};

}  // namespace

ExploreResult explore(const plan::ExplorePlan& plan, const image::Image& image, const kvm::System& system,
                      const Checkpoint& before, const ExploreHooks& hooks) {
    return Explorer(plan, image, system, before, hooks).run();
}

}  // namespace nmistorm::engines::explore
