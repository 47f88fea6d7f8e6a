// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "conform/model/scenario.h"
#include "plan/run_plan.h"

namespace nmistorm::conform {

/// Where things are in a guest of a scenario. Every address is mapped to itself; there is nothing behind the
/// log, so a guest that handles far too many NMIs dies.
namespace layout {
inline constexpr std::uint64_t gdt = 0x0000;
inline constexpr std::uint64_t tss = 0x0100;
inline constexpr std::uint64_t idt = 0x1000;
inline constexpr std::uint64_t page_tables = 0x2000;  ///< to 0x6000
inline constexpr std::uint64_t code = 0x6000;         ///< the blocks, each in its own part of two pages
inline constexpr std::uint64_t data = 0x8000;         ///< the log's next record, and what PUSHF pushed
inline constexpr std::uint64_t stack = 0x9000;        ///< one page
inline constexpr std::uint64_t other_stack = 0xb000;  ///< one that nothing has touched
inline constexpr std::uint64_t log = 0x10000;
inline constexpr std::uint64_t size = 0x14000;
inline constexpr std::uint64_t page = 0x1000;

inline constexpr std::uint64_t log_next = data;
inline constexpr std::uint64_t flags = data + 0x100;  ///< 8 bytes for each op of the body
inline constexpr std::uint64_t record_size = 32;      ///< rip, flags, DR6, vector; 8 bytes each
}  // namespace layout

inline constexpr std::uint8_t stop_port = 0xe0;
inline constexpr std::uint8_t end_port = 0xe1;
inline constexpr std::uint8_t nmi_vector = 2;
inline constexpr std::uint8_t debug_vector = 1;
inline constexpr std::uint8_t fault_vector = 13;
/// What `flags` holds before a POP: no value of the flags register, whose bit 1 is set and bit 3 clear.
inline constexpr std::uint32_t no_flags = 0xffffffff;

/// What a vCPU runs before all others: it stops, handles an NMI, and ends.
model::Scenario warm_up_scenario();

/// A scenario as a guest: its memory, and where its vCPU starts.
class GuestCode {
  public:
    /// @p warm_up: instead of the scenario's body, code that touches each page that the delivery of an NMI
    /// needs, stops, and ends.
    GuestCode(plan::Arch arch, const model::Scenario& scenario, bool warm_up = false);

    /// From address 0 up to the log.
    [[nodiscard]] const std::vector<std::byte>& memory() const { return memory_; }
    [[nodiscard]] std::uint64_t rip() const { return block_base(model::Block::body); }
    [[nodiscard]] std::uint64_t rsp() const { return rsp_; }
    [[nodiscard]] std::uint64_t rflags() const { return rflags_; }

    /// The op at @p address. Only a `record` has addresses behind its first one.
    [[nodiscard]] std::optional<model::Position> position(std::uint64_t address) const;

    [[nodiscard]] static std::uint64_t block_base(model::Block block) {
        return layout::code + static_cast<std::uint64_t>(block) * 0x800;
    }

  private:
    void put(std::uint64_t address, std::uint64_t value, unsigned bytes);
    void write_tables();
    void write_block(model::Block block, const std::vector<model::Op>& ops);
    void write_frames(const model::Scenario& scenario);
    [[nodiscard]] std::uint64_t address(model::Position position) const;
    [[nodiscard]] std::vector<std::uint8_t> encode(model::Op op, model::Block block, std::size_t index) const;
    [[nodiscard]] std::vector<std::uint8_t> record(std::uint8_t vector) const;
    [[nodiscard]] std::vector<std::uint8_t> touch() const;

    bool wide_;  ///< x86_64
    bool warm_up_;
    std::vector<std::byte> memory_;
    std::array<std::vector<std::uint64_t>, std::size(model::all_blocks)>
        starts_;  ///< of each op, and the end
    std::uint64_t rsp_ = 0;
    std::uint64_t rflags_;
};

}  // namespace nmistorm::conform
