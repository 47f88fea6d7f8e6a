// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/explore/explore.h"

#include <algorithm>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
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
        for (const plan::Condition condition : plan::all_conditions) {
            const bool wanted = !plan_.condition || plan_.condition == condition;
            if (wanted && !over()) {
                explore(condition);
            }
            if (plan_.vcpus == 1) {
                break;  // there is nobody to be in it
            }
        }
        for (const Pass& pass : result_.passes) {
            result_.steps += pass.steps;
            result_.seconds += pass.seconds;
        }
        result_.coverage = coverage(image_, *learned_);
        return {result_, {result_.passes, learned_->shared.all(), covered(), result_.shards_disagree}};
    }

  private:
    [[nodiscard]] double elapsed() const {
        return std::chrono::duration<double>(Clock::now() - started_).count();
    }
    [[nodiscard]] bool over() const { return result_.found || result_.interrupted || result_.out_of_budget; }

    void explore(plan::Condition condition) {
        ExploredGuest guest(system_, image_, plan_, condition);
        share_learned(guest);
        result_.unjudged = guest.landmarks().missing();
        for (unsigned preemptions = 0; preemptions <= plan_.preemptions && !over(); ++preemptions) {
            const Pass earlier = done_before(condition, preemptions);
            if (earlier.end == SearchEnd::exhausted) {
                result_.passes.push_back(earlier);
                continue;
            }
            std::uint64_t first_unit = earlier.tally.done;
            while (pass(guest, condition, preemptions, first_unit) == SearchEnd::begin_again) {
                first_unit = 0;  // units are counted otherwise now
                result_.shards_disagree |= plan_.shard.of > 1 && preemptions == plan_.preemptions;
            }
            if (first_unit != 0) {
                add(result_.passes.back(), earlier);
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
        Pass none;
        none.end = SearchEnd::stopped;
        return none;
    }

    static void add(Pass& pass, const Pass& earlier) {
        pass.tally.ended += earlier.tally.ended;
        pass.tally.merged += earlier.tally.merged;
        pass.tally.states += earlier.tally.states;
        pass.steps += earlier.steps;
        pass.seconds += earlier.seconds;
    }

    SearchEnd pass(ExploredGuest& guest, plan::Condition condition, unsigned preemptions,
                   std::uint64_t first_unit) {
        guest.restart();
        learned_->news = false;
        const std::uint64_t steps = learned_->steps;
        const double begun = elapsed();
        // Smaller bounds are searched whole by every shard: that is how each learns which words are shared.
        const plan::Shard shard = preemptions == plan_.preemptions ? plan_.shard : plan::Shard{};
        Search search(guest, {preemptions, plan_.nmis}, {shard, first_unit}, [&] { return look(); });
        pass_ = {};
        pass_.condition = condition;
        pass_.preemptions = preemptions;
        tally_ = [&search] { return search.tally(); };
        pass_.end = search.run();
        pass_.tally = search.tally();
        pass_.steps = learned_->steps - steps;
        pass_.seconds = elapsed() - begun;
        if (learned_->news) {
            pass_.tally.done = 0;  // it stopped with a word that makes units be counted otherwise
        }
        if (pass_.end == SearchEnd::found) {
            found(guest);
        }
        if (pass_.end != SearchEnd::begin_again) {
            result_.passes.push_back(pass_);
        }
        return pass_.end;
    }

    /// Keeps what was found, shortened.
    void found(ExploredGuest& guest) {
        const double seconds = elapsed();
        const Schedule schedule = guest.schedule();
        const oracle::Rule rule = guest.finding()->rule;
        const auto attempt = [this, &guest, rule](const Schedule& candidate) -> std::optional<Priced> {
            if (hooks_.interrupted && hooks_.interrupted()) {
                return std::nullopt;  // what is shortest so far is good enough
            }
            const Played played = play(guest, candidate, beyond);
            const bool same = guest.finding() && guest.finding()->rule == rule;
            return same ? std::optional(played.done) : std::nullopt;
        };
        const Played again = play(guest, schedule, beyond);
        if (!guest.finding() || guest.finding()->rule != rule) {
            throw Error(
                "a schedule that broke a rule does not break it again: this KVM cannot be stepped exactly");
        }
        const Priced best = shorten(again.done, attempt);
        const std::vector<std::string> lines = listing(guest, image_, best.schedule);
        oracle::Finding finding = *guest.finding();
        if (finding.at) {
            finding.where = image_.describe(*finding.at);
        }
        result_.found = {finding,   pass_.condition, best.schedule, best.preemptions,
                         best.nmis, seconds,         lines};
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
            hooks_.status({elapsed(), pass_.condition, pass_.preemptions, tally.ended + tally.merged,
                           tally.states, learned_->steps});
        }
        return over();
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
    std::uint64_t looks_ = 0;
    std::shared_ptr<Learned> learned_;
    std::function<SearchTally()> tally_;
    Pass pass_;
    oracle::Exploration result_;
};

}  // namespace

ExploreResult explore(const plan::ExplorePlan& plan, const image::Image& image, const kvm::System& system,
                      const Progress& before, const ExploreHooks& hooks) {
    return Explorer(plan, image, system, before, hooks).run();
}

}  // namespace nmistorm::drive::explore
