// SPDX-License-Identifier: GPL-2.0-or-later
#include "drive/matrix.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>

#include "base/clock.h"
#include "base/cpus.h"
#include "base/error.h"
#include "drive/guest_image.h"
#include "drive/parallel.h"
#include "drive/storm.h"
#include "drive/time_left.h"

namespace nmistorm::drive {
namespace {

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

oracle::Trial trial_of(const plan::RunPlan& plan, StormResult result) {
    oracle::Trial trial{.plan = plan,
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
          rows_(oracle::matrix_rows(plan, kvm::backend())),
          progress_(rows_.size()),
          jobs_(plan.jobs.value_or(plan::usual_jobs(cpus_of_this_process()))) {
        for (std::size_t row = 0; row < rows_.size(); ++row) {
            if (is_clean(rows_[row])) {
                progress_[row].planned_s = std::chrono::duration<double>(*rows_[row].plan.duration).count();
            }
            if (rows_[row].not_shown.empty()) {
                progress_[row].left = plan.seeds;
                shown_.push_back(row);
            }
        }
    }

    MatrixResult run() {
        parallel(
            jobs_, shown_.size() * plan_.seeds,
            [this](std::size_t n) { run_storm(shown_[n % shown_.size()], n / shown_.size()); },
            [this] { report(); });
        for (oracle::MatrixRow& row : rows_) {
            std::ranges::sort(row.trials, {},
                              [this](const oracle::Trial& trial) { return trial.plan.seed - plan_.seed; });
        }
        return {.rows = std::move(rows_),
                .duration_s = seconds_since(started_),
                .jobs = jobs_,
                .interrupted = cut_short_};
    }

  private:
    /// On a thread of parallel().
    void run_storm(std::size_t row, std::size_t n) {
        plan::RunPlan plan = rows_[row].plan;
        plan.seed = seed_of(plan_, static_cast<unsigned>(n));
        const auto start = Clock::now();
        auto trial = attempt(plan);
        if (const auto longer = trial ? oracle::longer_storm(plan_, *trial) : std::nullopt) {
            trial = attempt(*longer);
        }
        const std::lock_guard lock(mutex_);
        if (trial) {
            RowProgress& progress = progress_[row];
            progress.done_s += seconds_since(start);
            ++progress.done;
            --progress.left;
            wrong_ += went_well(rows_[row], *trial) ? 0 : 1;
            rows_[row].trials.push_back(std::move(*trial));
        }
    }

    /// Nothing where it was cut short before it found anything.
    std::optional<oracle::Trial> attempt(const plan::RunPlan& plan) {
        const auto over = [this] { return host_cannot_ || (hooks_.interrupted && hooks_.interrupted()); };
        if (over()) {
            cut_short_ = true;
            return std::nullopt;
        }
        try {
            StormResult result = storm(plan, guest_image(plan), system_, {.status = {}, .interrupted = over});
            if (result.interrupted && oracle::outcome(result.findings) != oracle::Outcome::violation) {
                cut_short_ = true;
                return std::nullopt;
            }
            return trial_of(plan, std::move(result));
        } catch (const HostCannot&) {
            host_cannot_ = true;
            throw;
        } catch (const std::exception& error) {
            oracle::Trial trial;
            trial.plan = plan;
            trial.failure = error.what();
            return trial;
        }
    }

    void report() {
        if (hooks_.status) {
            hooks_.status(status());
        }
    }

    [[nodiscard]] MatrixStatus status() {
        MatrixStatus status{.elapsed_s = seconds_since(started_), .all = shown_.size() * plan_.seeds};
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
    std::mutex mutex_;  ///< guards what the storms change: the trials of rows_, progress_, wrong_
    std::vector<oracle::MatrixRow> rows_;
    std::vector<RowProgress> progress_;  ///< one a row
    std::size_t wrong_ = 0;
    std::vector<std::size_t> shown_;  ///< the rows that are run
    const unsigned jobs_;
};

}  // namespace

MatrixResult matrix(const plan::MatrixPlan& plan, const kvm::System& system, const MatrixHooks& hooks) {
    return Matrix(plan, system, hooks).run();
}

}  // namespace nmistorm::drive
