// SPDX-License-Identifier: GPL-2.0-or-later
#include "campaign/time_left.h"

namespace nmistorm::campaign {
namespace {

/// The time of a storm that ends when it finds something.
std::optional<double> usual_seconds(std::span<const RowProgress> rows) {
    double seconds = 0;
    unsigned done = 0;
    for (const RowProgress& row : rows) {
        if (!row.planned_s) {
            seconds += row.done_s;
            done += row.done;
        }
    }
    return done == 0 ? std::nullopt : std::optional(seconds / done);
}

}  // namespace

std::optional<double> seconds_left(std::span<const RowProgress> rows, unsigned jobs) {
    const std::optional<double> usual = usual_seconds(rows);
    double left = 0;
    for (const RowProgress& row : rows) {
        if (row.left == 0) {
            continue;
        }
        const auto each = row.done != 0 ? row.done_s / row.done : row.planned_s ? row.planned_s : usual;
        if (!each) {
            return std::nullopt;
        }
        left += row.left * *each;
    }
    return left / jobs;
}

}  // namespace nmistorm::campaign
