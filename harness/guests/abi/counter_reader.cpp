// SPDX-License-Identifier: GPL-2.0-or-later
#include "guests/abi/counter_reader.h"

#include <fmt/format.h>

#include <iterator>

#include "machine/guest_memory.h"

namespace nmistorm::guests {
namespace {

struct Field {
    const char* name;
    std::uint32_t abi::Counters::*raw;
    std::uint64_t oracle::Counters::*wide;
};

/// In the order of reading. An NMI changes them from the last to the first, so that at any time exits <=
/// answered + defaulted <= answered + dummy + declined <= callbacks <= count <= entries. With this order the
/// same holds for the values read.
constexpr Field fields[] = {
    {"nmi_exits", &abi::Counters::nmi_exits, &oracle::Counters::nmi_exits},
    {"nmi_answered", &abi::Counters::nmi_answered, &oracle::Counters::nmi_answered},
    {"nmi_defaulted", &abi::Counters::nmi_defaulted, &oracle::Counters::nmi_defaulted},
    {"nmi_dummy", &abi::Counters::nmi_dummy, &oracle::Counters::nmi_dummy},
    {"nmi_declined", &abi::Counters::nmi_declined, &oracle::Counters::nmi_declined},
    {"nmi_callbacks", &abi::Counters::nmi_callbacks, &oracle::Counters::nmi_callbacks},
    {"nmi_idle", &abi::Counters::nmi_idle, &oracle::Counters::nmi_idle},
    {"nmi_offline", &abi::Counters::nmi_offline, &oracle::Counters::nmi_offline},
    {"nmi_count", &abi::Counters::nmi_count, &oracle::Counters::nmi_count},
    {"nmi_entries", &abi::Counters::nmi_entries, &oracle::Counters::nmi_entries},
    {"readers", &abi::Counters::readers, &oracle::Counters::readers},
    {"swaps", &abi::Counters::swaps, &oracle::Counters::swaps},
    {"grace_periods", &abi::Counters::grace_periods, &oracle::Counters::grace_periods},
    {"freed", &abi::Counters::freed, &oracle::Counters::freed},
    {"overlaps", &abi::Counters::overlaps, &oracle::Counters::overlaps},
    {"trips", &abi::Counters::trips, &oracle::Counters::trips},
    {"unloaded", &abi::Counters::unloaded, &oracle::Counters::unloaded},
    {"onlines", &abi::Counters::onlines, &oracle::Counters::onlines},
    {"nmi_nested", &abi::Counters::nmi_nested, &oracle::Counters::nmi_nested},
};
static_assert(std::size(fields) * sizeof(std::uint32_t) == sizeof(abi::Counters));

}  // namespace

std::optional<std::string> CounterReader::read(const abi::Counters& now) {
    std::optional<std::string> wrong;
    for (const Field& field : fields) {
        const std::uint32_t value = machine::load(now.*field.raw);
        const auto change = static_cast<std::int32_t>(value - last_.*field.raw);
        std::uint64_t& wide = counters_.*field.wide;
        last_.*field.raw = value;
        if (change < 0 && wide < static_cast<std::uint64_t>(-std::int64_t{change})) {
            wide = 0;
            wrong = fmt::format("its counter {} went down to {:#x}, below where it began", field.name, value);
        } else {
            wide += static_cast<std::uint64_t>(std::int64_t{change});
        }
    }
    return wrong;
}

}  // namespace nmistorm::guests
