// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/explore/explore.h"

#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "drive/explore/cannot_explore.h"
#include "drive/explore/coverage.h"
#include "drive/explore/explored_guest.h"
#include "drive/explore/listing.h"
#include "drive/explore/play.h"
#include "drive/explore/search.h"

namespace nmistorm::drive::explore {
namespace {

using namespace std::chrono_literals;
using oracle::Pass;

constexpr auto status_every = 100ms;
constexpr std::uint32_t beyond = 1000;  // instructions that a schedule which is being shortened may go on for

class Explorer {
  public:
    Explorer(const plan::ExplorePlan& plan, const image::Image& image, const kvm::System& system,
             const Progress& before, const ExploreHooks& hooks)
        : plan_(plan), image_(image), system_(system), before_(before), hooks_(hooks) {}

    ExploreResult run() {
        result_.shards_disagree = before_.shards_disagree;
        try {
            explore_all();
        } catch (const Stopped&) {  // while a guest booted
        } catch (const CannotExplore& cannot) {
            throw Error(cannot.text(image_));
        }
        for (const Pass& pass : result_.passes) {
            result_.steps += pass.steps;
            result_.seconds += pass.seconds;
        }
        if (learned_) {
            result_.coverage = coverage(image_, *learned_);
        }
        return {result_, progress(result_.passes)};
    }

  private:
    void explore_all() {
        for (const plan::Condition condition : plan::all_conditions) {
            const bool wanted = !plan_.condition || plan_.condition == condition;
            if (wanted && !over()) {
                explore(condition);
            }
            if (plan_.vcpus == 1) {
                break;  // there is nobody to be in it
            }
        }
    }

    [[nodiscard]] double elapsed() const {
        return std::chrono::duration<double>(Clock::now() - started_).count();
    }
    [[nodiscard]] bool over() const {
        return result_.found || result_.interrupted || result_.out_of_budget || result_.out_of_memory;
    }

    void explore(plan::Condition condition) {
        ExploredGuest guest(system_, image_, plan_, condition, [this] { return look(); });
        share_learned(guest);
        result_.unjudged = guest.landmarks().missing();
        for (unsigned preemptions = 0; preemptions <= plan_.preemptions && !over(); ++preemptions) {
            const Pass earlier = done_before(condition, preemptions);
            if (earlier.end == SearchEnd::exhausted) {
                result_.passes.push_back(earlier);
                continue;
            }
            Round round{condition, preemptions, earlier};
            while (pass(guest, round) == SearchEnd::begin_again) {
                round.earlier = nothing_done();  // units are counted otherwise now
                result_.shards_disagree |= plan_.shard.of > 1 && preemptions == plan_.preemptions;
            }
        }
    }

    /// What one guest of the image has learned, the next one knows.
    void share_learned(ExploredGuest& guest) {
        if (learned_) {
            guest.learn_from(learned_);
            return;
        }
        learned_ = guest.share_learned();
        for (const TouchedWord& word : before_.touched) {
            learned_->shared.add(word);
        }
        for (const std::uint32_t address : before_.covered) {
            learned_->covered.at(address - image::image_begin.value) = true;
        }
    }

    [[nodiscard]] Pass done_before(plan::Condition condition, unsigned preemptions) const {
        const auto earlier = std::ranges::find_if(before_.passes, [&](const Pass& pass) {
            return pass.condition == condition && pass.preemptions == preemptions;
        });
        if (earlier != before_.passes.end()) {
            return *earlier;
        }
        return nothing_done();
    }
    static Pass nothing_done() {
        Pass none;
        none.end = SearchEnd::stopped;
        return none;
    }

    /// One bound in one condition, and how far it had been searched before.
    struct Round {
        plan::Condition condition{};
        unsigned preemptions = 0;
        Pass earlier;
    };

    SearchEnd pass(ExploredGuest& guest, const Round& round) {
        guest.restart();
        learned_->news = false;
        // Smaller bounds are searched whole by every shard: that is how each learns which words are shared.
        const plan::Shard shard = round.preemptions == plan_.preemptions ? plan_.shard : plan::Shard{};
        Search search(guest, {round.preemptions, plan_.nmis}, {shard, round.earlier.tally.done},
                      [this] { return choose(); });
        pass_.condition = round.condition;
        pass_.preemptions = round.preemptions;
        figures_ = [this, &search, &round, steps = learned_->steps, begun = elapsed()] {
            return Figures{so_far(search.tally(), learned_->steps - steps, elapsed() - begun, round.earlier),
                           search.bytes()};
        };
        const SearchEnd end = search.run();
        pass_ = figures_().pass;
        figures_ = {};
        pass_.end = end;
        guest.guest().check_memory();
        if (end == SearchEnd::found) {
            found(guest);
        }
        if (end != SearchEnd::begin_again) {
            result_.passes.push_back(pass_);
        }
        return end;
    }

    [[nodiscard]] Pass so_far(const SearchTally& tally, std::uint64_t steps, double seconds,
                              const Pass& earlier) const {
        Pass pass{pass_.condition, pass_.preemptions, SearchEnd::stopped, tally, steps, seconds};
        if (learned_->news) {
            pass.tally.done = 0;  // it stopped with a word that makes units be counted otherwise
        }
        if (earlier.tally.done != 0) {
            pass.tally.ended += earlier.tally.ended;
            pass.tally.merged += earlier.tally.merged;
            pass.tally.states += earlier.tally.states;
            pass.steps += earlier.steps;
            pass.seconds += earlier.seconds;
        }
        return pass;
    }

    /// With @p passes and those of before that they do not repeat.
    [[nodiscard]] Progress progress(std::vector<Pass> passes) const {
        for (const Pass& earlier : before_.passes) {
            const bool repeated = std::ranges::any_of(passes, [&earlier](const Pass& pass) {
                return pass.condition == earlier.condition && pass.preemptions == earlier.preemptions;
            });
            if (!repeated) {
                passes.push_back(earlier);
            }
        }
        if (!learned_) {
            return {std::move(passes), before_.touched, before_.covered, result_.shards_disagree};
        }
        return {std::move(passes), learned_->shared.all(), covered(), result_.shards_disagree};
    }

    /// Keeps what was found, shortened.
    void found(ExploredGuest& guest) {
        const double seconds = elapsed();
        const Schedule schedule = guest.schedule();
        const oracle::Rule rule = guest.finding()->rule;
        const auto attempt = [this, &guest, rule](const Schedule& candidate) -> std::optional<Priced> {
            const Stop interrupted = [this] { return hooks_.interrupted && hooks_.interrupted(); };
            if (interrupted()) {
                return std::nullopt;  // what is shortest so far is good enough
            }
            guest.set_stop(interrupted);
            try {
                const Played played = play(guest, candidate, beyond);
                const bool same = guest.finding() && guest.finding()->rule == rule;
                return same ? std::optional(played.done) : std::nullopt;
            } catch (const Stopped&) {
            } catch (const CannotExplore&) {  // on a way that the search did not go
            }
            return std::nullopt;
        };
        guest.set_stop({});  // what was found is not lost
        const Played again = play(guest, schedule, beyond);
        if (!guest.finding() || guest.finding()->rule != rule) {
            throw Error(
                "a schedule that broke a rule does not break it again: this KVM cannot be stepped exactly");
        }
        const Priced best = shorten(again.done, attempt);
        guest.set_stop({});
        const std::vector<std::string> lines = listing(guest, image_, best.schedule);
        oracle::Finding finding = *guest.finding();
        if (finding.at) {
            finding.where = image_.describe(*finding.at);
        }
        result_.found = {finding,   pass_.condition, best.schedule, best.preemptions,
                         best.nmis, seconds,         lines};
    }

    /// Between two steps. True ends the exploration.
    bool look() {
        const auto now = Clock::now();
        result_.interrupted = result_.interrupted || (hooks_.interrupted && hooks_.interrupted());
        result_.out_of_budget = plan_.budget && now - started_ >= *plan_.budget;
        if (now >= next_status_ && hooks_.status && figures_) {
            next_status_ = now + status_every;
            const Pass pass = figures_().pass;
            hooks_.status({elapsed(), pass.condition, pass.preemptions, pass.tally.ended + pass.tally.merged,
                           pass.tally.states, learned_->steps});
        }
        return over();
    }

    /// Before what the search chooses next. Likewise.
    bool choose() {
        const auto now = Clock::now();
        result_.out_of_memory = plan_.memory && figures_().bytes > *plan_.memory;
        if (hooks_.checkpoint && now >= next_checkpoint_) {
            std::vector<Pass> passes = result_.passes;
            passes.push_back(figures_().pass);
            hooks_.checkpoint(progress(std::move(passes)));
            next_checkpoint_ = Clock::now() + hooks_.checkpoint_every;
        }
        return look();
    }

    [[nodiscard]] std::vector<std::uint32_t> covered() const {
        std::vector<std::uint32_t> addresses;
        for (std::size_t i = 0; i < learned_->covered.size(); ++i) {
            if (learned_->covered[i]) {
                addresses.push_back(static_cast<std::uint32_t>(image::image_begin.value + i));
            }
        }
        return addresses;
    }

    const plan::ExplorePlan& plan_;
    const image::Image& image_;
    const kvm::System& system_;
    const Progress& before_;
    const ExploreHooks& hooks_;
    const Clock::time_point started_ = Clock::now();
    Clock::time_point next_status_{};
    Clock::time_point next_checkpoint_ = started_ + hooks_.checkpoint_every;
    std::shared_ptr<Learned> learned_;
    struct Figures {
        Pass pass;
        std::size_t bytes = 0;  ///< of what grows
    };
    std::function<Figures()> figures_;  ///< of the search under way; empty if there is none
    Pass pass_;
    oracle::Exploration result_;
};

}  // namespace

ExploreResult explore(const plan::ExplorePlan& plan, const image::Image& image, const kvm::System& system,
                      const Progress& before, const ExploreHooks& hooks) {
    return Explorer(plan, image, system, before, hooks).run();
}

}  // namespace nmistorm::drive::explore
