// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/nmi_source.h"

#include <cstddef>

#include <fmt/format.h>

#include "base/error.h"
#include "plan/names.h"

namespace nmistorm::sources {
namespace {

using Make = std::unique_ptr<NmiSource> (*)(guests::Guest& guest);

// Indexed by plan::Source.
constexpr Make makers[] = {
#define NMISTORM_SOURCE(enumerator, name, by) make_##enumerator,
#include "plan/source.def"
};

}  // namespace

Sources make_sources(const std::vector<plan::Source>& wanted, guests::Guest& guest) {
    const bool all = wanted == plan::all_sources();
    Sources sources;
    for (const plan::Source source : wanted) {
        const auto make = [&] {
            sources.made.push_back({source, makers[static_cast<std::size_t>(source)](guest)});
        };
        if (!all) {
            make();
            continue;
        }
        try {
            make();
        } catch (const HostCannot& error) {
            sources.left_out.push_back(fmt::format("{}: {}", plan::name(source), error.what()));
        } catch (const UsageError& error) {
            sources.left_out.push_back(fmt::format("{}: {}", plan::name(source), error.what()));
        }
    }
    if (sources.made.empty()) {
        throw HostCannot(fmt::format("this host's KVM has no source of NMIs: {}", sources.left_out.front()));
    }
    return sources;
}

}  // namespace nmistorm::sources
