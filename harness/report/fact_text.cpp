// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/fact_text.h"

#include <cstddef>
#include <iterator>

#include <fmt/format.h>

namespace nmistorm::report {
namespace {

namespace fact = oracle::fact;

constexpr std::string_view trip_names[] = {"?",         "data_magic", "data_generation", "data_owner",
                                           "data_tail", "data_tag",   "registers",       "frame",
                                           "code",      "data_guard"};
static_assert(std::size(trip_names) == abi::trip_count);

std::string with_generation(std::string_view what, std::uint32_t value,
                            const std::optional<std::uint32_t>& generation) {
    return fmt::format("{} {:#x}{}", what, value,
                       generation ? fmt::format(", generation {}", *generation) : "");
}

std::string fields(const fact::NmiEntered& f) {
    return fmt::format("ip {:#x}{}{}", f.ip, f.from_idle ? " from-idle" : "",
                       f.from_offline ? " from-offline" : "");
}
std::string fields(const fact::CallbackLoaded& f) {
    return fmt::format("callback {:#x}", f.callback);
}
std::string fields(const fact::CallbackBegan& f) {
    return fmt::format("callback {:#x}", f.callback);
}
std::string fields(const fact::NmiLeft& f) {
    return fmt::format("callback {:#x}, generation {}{}{}{}", f.callback, f.generation,
                       f.answered ? " answered" : "", f.defaulted ? " defaulted" : "",
                       f.callbacks.value_or(1) == 1 ? "" : fmt::format(", {} callbacks ran", *f.callbacks));
}
std::string fields(const fact::NmiReturned& f) {
    return f.changed == fact::NmiReturned::Changed::nothing
               ? std::string()
               : fmt::format("changed: {:#x}, was {:#x}", f.is, f.was);
}
std::string fields(const fact::ReaderBegan& f) {
    return fmt::format("generation {}", f.generation);
}
std::string fields(const fact::ReaderEnded& f) {
    return fmt::format("generation {}", f.generation);
}
std::string fields(const fact::Published& f) {
    return with_generation("callback", f.callback, f.generation);
}
std::string fields(const fact::Retired& f) {
    return with_generation("callback", f.callback, f.generation);
}
std::string fields(const fact::CodeDestroyed& f) {
    return with_generation("callback", f.callback, f.generation);
}
std::string fields(const fact::GracePeriodBegan& f) {
    return fmt::format("grace period {}", f.number);
}
std::string fields(const fact::GracePeriodEnded& f) {
    return fmt::format("grace period {}, {} ticks", f.number, f.ticks);
}
std::string fields(const fact::Allocated& f) {
    return with_generation("block", f.block, f.generation);
}
std::string fields(const fact::Freed& f) {
    return with_generation("block", f.block, f.generation);
}
std::string fields(const fact::SlotLeft& f) {
    return fmt::format("generation {}, of vCPU {}: {}", f.generation, f.vcpu, f.uses);
}
std::string fields(const fact::Touched& f) {
    return fmt::format("{} {:#x}, {} bytes", f.written ? "wrote" : "read", f.address, f.size);
}
std::string fields(const fact::Tripped& f) {
    return fmt::format("{}, value {:#x}, generation {}", name(f.trip), f.value, f.generation);
}
std::string fields(const auto&) {
    return {};
}

}  // namespace

std::string_view name(abi::Trip trip) {
    const auto index = static_cast<std::size_t>(trip);
    return index < std::size(trip_names) ? trip_names[index] : "?";
}

std::string fact_text(const oracle::Fact& fact) {
    const std::string text = std::visit([](const auto& what) { return fields(what); }, fact);
    return fmt::format("{}{}{}", oracle::name(fact), text.empty() ? "" : " ", text);
}

std::string fact_line(const oracle::Recorded& recorded) {
    std::string line = fmt::format("{:>10}  vCPU {:<2}  {:<12}  {}", recorded.at.order, recorded.at.vcpu,
                                   oracle::name(recorded.fact),
                                   std::visit([](const auto& what) { return fields(what); }, recorded.fact));
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

}  // namespace nmistorm::report
