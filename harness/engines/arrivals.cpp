// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/arrivals.h"

#include <algorithm>
#include <string_view>

#include "decode/function.h"

namespace nmistorm::engines {
namespace {

constexpr std::string_view task_functions[] = {"set_nmi_callback", "unset_nmi_callback", "synchronize_sched",
                                               "wait_for_all_cpus"};
constexpr std::string_view nmi_functions[] = {"do_nmi", "rcu_nmi_enter", "rcu_nmi_exit"};

/// Whether an NMI can arrive before the one before it was handled.
bool arrives_in_nmi_code(const plan::Pace& pace) {
    return pace.kind != plan::Pace::Kind::lockstep;
}

}  // namespace

Arrivals::Arrivals(const plan::RunPlan& plan, const image::Image& image) {
    const auto matters = [&plan](const image::Symbol& symbol) {
        const auto in = [name = symbol.base_name()](const auto& names) {
            return std::ranges::find(names, name) != std::end(names);
        };
        return symbol.function && !symbol.is_cold_part() &&
               (in(task_functions) || (arrives_in_nmi_code(plan.pace) && in(nmi_functions)));
    };
    const decode::Decoder decoder(image.machine());
    std::size_t bytes = 0;
    for (const image::Symbol& symbol : image.symbols()) {
        if (!matters(symbol)) {
            continue;
        }
        Function function{.name = symbol.base_name(),
                          .begin = symbol.address.value,
                          .end = symbol.address.value,
                          .first = bytes,
                          .instructions = {}};
        for (const decode::Instruction& instruction : decode::instructions_of(decoder, image, symbol)) {
            function.end = instruction.address.value + instruction.length;
            if (instruction.kind != decode::Instruction::Kind::nop) {  // padding that aligns the next code
                function.instructions.push_back(instruction.address.value);
            }
        }
        bytes += function.end - function.begin;
        instructions_ += function.instructions.size();
        functions_.push_back(std::move(function));
    }
    for (unsigned cpu = 0; cpu < plan.vcpus; ++cpu) {
        counts_.emplace_back(bytes);
    }
}

void Arrivals::record(unsigned cpu, GuestVirt ip, std::uint32_t nmis) {
    for (const Function& function : functions_) {
        if (ip.value >= function.begin && ip.value < function.end) {
            counts_[cpu][function.first + (ip.value - function.begin)].fetch_add(nmis,
                                                                                 std::memory_order_relaxed);
        }
    }
}

std::uint64_t Arrivals::at(const Function& function, std::uint64_t address) const {
    std::uint64_t sum = 0;
    for (const auto& counts : counts_) {
        sum += counts[function.first + (address - function.begin)].load(std::memory_order_relaxed);
    }
    return sum;
}

std::size_t Arrivals::reached() const {
    std::size_t reached = 0;
    for (const Function& function : functions_) {
        reached += static_cast<std::size_t>(std::ranges::count_if(
            function.instructions, [&](std::uint64_t address) { return at(function, address) != 0; }));
    }
    return reached;
}

std::vector<oracle::ArrivalsIn> Arrivals::result() const {
    std::vector<oracle::ArrivalsIn> result;
    for (const Function& function : functions_) {
        oracle::ArrivalsIn in{.function = function.name, .nmis = 0, .by_instruction = {}};
        for (const std::uint64_t address : function.instructions) {
            in.by_instruction.push_back({GuestVirt{address}, at(function, address)});
        }
        for (std::uint64_t address = function.begin; address < function.end; ++address) {
            in.nmis += at(function, address);
        }
        result.push_back(std::move(in));
    }
    return result;
}

}  // namespace nmistorm::engines
