// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/matrix.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/error.h"
#include "campaign/parallel.h"
#include "campaign/time_left.h"
#include "engines/explore/explore.h"
#include "engines/guest_image.h"
#include "engines/storm.h"

namespace nmistorm::campaign {
namespace {

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

Trial trial_of(const plan::RunPlan& plan, engines::StormResult result) {
    Trial trial{.plan = plan,
                .findings = std::move(result.findings),
                .failure = {},
                .reproduce = {},
                .seconds = result.ended_s,
                .swaps = result.tally.swaps,
                .grace_periods = result.tally.grace_periods,
                .overlaps = result.tally.overlaps,
                .idle_nmis = result.tally.idle_nmis};
    for (const oracle::VcpuObservation& vcpu : result.observation.vcpus) {
        trial.nmis += vcpu.counters.nmi_entries;
    }
    return trial;
}

class Matrix {
  public:
    Matrix(const plan::MatrixPlan& plan, const kvm::System& system, const MatrixHooks& hooks)
        : plan_(plan),
          system_(system),
          hooks_(hooks),
          rows_(matrix_rows(plan, kvm::backend())),
          progress_(2 * rows_.size()),
          jobs_(plan.jobs.value_or(plan::usual_jobs(cpus_of_this_process(), plan.injector))) {
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            if (is_clean(rows_[row])) {
                progress_[row].planned_s = std::chrono::duration<double>(*rows_[row].plan.duration).count();
            }
        }
        choose_storms();
        choose_explorations();
        if (storms_.empty() && explored_.empty() && plan.shard.of > 1) {
            throw UsageError(
                fmt::format("--shard {} gets nothing to run; use fewer parts", to_string(plan.shard)));
        }
    }

    MatrixReport run() {
        parallel(
            jobs_, storms_.size(), [this](std::size_t n) { run_storm(storms_[n].row, storms_[n].number); },
            [this] { report(); });
        parallel(
            plan_.jobs.value_or(cpus_of_this_process()), explored_.size(),
            [this](std::size_t n) { explore_image(explored_[n]); }, [this] { report(); });
        forget_other_shards();
        for (MatrixRow& row : rows_) {
            std::ranges::sort(row.trials, {},
                              [this](const Trial& trial) { return trial.plan.seed - plan_.seed; });
        }
        return {.provenance = {},
                .plan = plan_,
                .rows = std::move(rows_),
                .jobs = jobs_,
                .duration_s = seconds_since(started_),
                .interrupted = cut_short_};
    }

  private:
    struct Storm {
        std::size_t row;
        unsigned number;  ///< of the row's storms
    };

    /// One storm of every row comes before the second one of any.
    void choose_storms() {
        std::vector<std::size_t> shown;
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            if (rows_[row].not_shown.empty()) {
                shown.push_back(row);
            }
        }
        for (std::size_t n = 0; n < shown.size() * plan_.seeds; ++n) {
            if (plan_.shard.takes(n)) {
                storms_.push_back({shown[n % shown.size()], static_cast<unsigned>(n / shown.size())});
                ++progress_[storms_.back().row].left;
            }
        }
    }

    /// A row's exploration is with its first storm, if it has storms.
    void choose_explorations() {
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            const bool with_storms = std::ranges::any_of(
                storms_, [row](const Storm& storm) { return storm.row == row && storm.number == 0; });
            if (rows_[row].explored && rows_[row].explored->not_shown.empty() &&
                (rows_[row].not_shown.empty() ? with_storms : plan_.shard.takes(row))) {
                progress_[rows_.size() + row].left = 1;
                explored_.push_back(row);
            }
        }
    }

    /// Leaves out of the report what other shards run.
    void forget_other_shards() {
        std::vector<MatrixRow> mine;
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            const bool stormed =
                std::ranges::any_of(storms_, [row](const Storm& storm) { return storm.row == row; });
            if (std::ranges::find(explored_, row) == explored_.end() && rows_[row].explored &&
                rows_[row].explored->not_shown.empty()) {
                rows_[row].explored.reset();
            }
            if (stormed || !rows_[row].not_shown.empty()) {
                mine.push_back(std::move(rows_[row]));
            }
        }
        rows_ = std::move(mine);
    }

    /// Runs on a thread of parallel().
    void run_storm(std::size_t row, unsigned n) {
        plan::RunPlan plan = rows_[row].plan;
        plan.seed = seed_of(plan_, n);
        const auto start = Clock::now();
        auto trial = attempt(plan);
        if (const auto longer = trial ? longer_storm(plan_, *trial) : std::nullopt) {
            trial = attempt(*longer);
        }
        const std::lock_guard lock(mutex_);
        if (trial) {
            went(progress_[row], start, went_well(rows_[row], *trial));
            rows_[row].trials.push_back(std::move(*trial));
        }
    }

    /// Runs on a thread of parallel().
    void explore_image(std::size_t row) {
        ExploredImage image = *rows_[row].explored;
        const auto start = Clock::now();
        const bool ended = run_unless_over(
            [&] {
                auto did =
                    engines::explore::explore(image.plan, engines::guest_image(image.plan), system_, {},
                                              {.status = {}, .interrupted = [this] { return over(); }})
                        .exploration;
                const bool cut_short = did.interrupted && !did.found;
                if (!cut_short) {
                    image.did = std::move(did);
                }
                return !cut_short;
            },
            image.failure);
        const std::lock_guard lock(mutex_);
        if (ended) {
            const bool well = outcome(verdict(rows_[row], image)) == oracle::Outcome::pass;
            went(progress_[rows_.size() + row], start, well);
            rows_[row].explored = std::move(image);
        }
    }

    /// mutex_ must be held.
    void went(RowProgress& progress, Clock::time_point start, bool well) {
        progress.done_s += seconds_since(start);
        ++progress.done;
        --progress.left;
        wrong_ += well ? 0 : 1;
    }

    [[nodiscard]] bool over() const { return host_cannot_ || (hooks_.interrupted && hooks_.interrupted()); }

    /// Calls @p run, which returns false if it was cut short. Stores a harness failure in @p failure. Returns
    /// false if this matrix is over.
    template <typename Run>
    bool run_unless_over(Run run, std::string& failure) {
        bool ended = false;
        try {
            ended = !over() && run();
        } catch (const HostCannot&) {
            host_cannot_ = true;
            throw;
        } catch (const std::exception& error) {
            failure = error.what();
            return true;
        }
        cut_short_ = cut_short_ || !ended;
        return ended;
    }

    /// Returns none if it was cut short before it found anything.
    std::optional<Trial> attempt(const plan::RunPlan& plan) {
        Trial trial;
        trial.plan = plan;
        const bool ended = run_unless_over(
            [&] {
                engines::StormResult result =
                    engines::storm(plan, engines::guest_image(plan), system_,
                                   {.status = {}, .interrupted = [this] { return over(); }});
                const bool cut_short =
                    result.interrupted && oracle::outcome(result.findings) != oracle::Outcome::violation;
                trial = trial_of(plan, std::move(result));
                return !cut_short;
            },
            trial.failure);
        return ended ? std::optional(std::move(trial)) : std::nullopt;
    }

    void report() {
        if (hooks_.status) {
            hooks_.status(status());
        }
    }

    [[nodiscard]] MatrixStatus status() {
        MatrixStatus status{.elapsed_s = seconds_since(started_), .all = storms_.size() + explored_.size()};
        const std::lock_guard lock(mutex_);
        for (const RowProgress& row : progress_) {
            status.done += row.done;
        }
        status.wrong = wrong_;
        status.left_s = seconds_left(progress_, jobs_);
        return status;
    }

    const plan::MatrixPlan& plan_;
    const kvm::System& system_;
    const MatrixHooks& hooks_;
    const Clock::time_point started_ = Clock::now();
    std::atomic<bool> host_cannot_ = false;
    std::atomic<bool> cut_short_ = false;
    std::mutex mutex_;  ///< guards what storms and explorations change: rows_, progress_, wrong_
    std::vector<MatrixRow> rows_;
    std::vector<RowProgress> progress_;  ///< of each row's storms, then of each row's exploration
    std::size_t wrong_ = 0;
    std::vector<Storm> storms_;          ///< those of this shard, in the order in which they are run
    std::vector<std::size_t> explored_;  ///< rows that are explored
    const unsigned jobs_;
};

}  // namespace

MatrixReport matrix(const plan::MatrixPlan& plan, const kvm::System& system, const MatrixHooks& hooks) {
    return Matrix(plan, system, hooks).run();
}

}  // namespace nmistorm::campaign
