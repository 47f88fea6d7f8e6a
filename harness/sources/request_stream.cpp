// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/request_stream.h"

#include <cmath>

namespace nmistorm::sources {
namespace {

using std::chrono::nanoseconds;

/// The average time between a burst's answer and the next burst. It makes bursts hit the guest anywhere, not
/// only where the previous one left it.
constexpr nanoseconds burst_gap = std::chrono::microseconds(50);

}  // namespace

RequestStream::RequestStream(const plan::Pace& pace, std::uint64_t seed, unsigned target) : pace_(pace) {
    std::seed_seq mixed{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32), target};
    random_.seed(mixed);
}

Request RequestStream::next() {
    using Kind = plan::Pace::Kind;
    switch (pace_.kind) {
        case Kind::rate:
            return {exponential(nanoseconds(std::chrono::seconds(1)) / pace_.n), 1};
        case Kind::burst:
            return {exponential(burst_gap), pace_.n};
        case Kind::lockstep:
        case Kind::max:
            break;
    }
    return {nanoseconds(0), 1};
}

nanoseconds RequestStream::exponential(nanoseconds mean) {
    // std::exponential_distribution may differ between libraries, but a seed must always give the same
    // requests.
    const double uniform = static_cast<double>((random_() >> 11) + 1) * 0x1p-53;  // (0, 1]
    return nanoseconds(std::llround(-std::log(uniform) * static_cast<double>(mean.count())));
}

}  // namespace nmistorm::sources
