// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "guests/abi/layout.h"
#include "guests/stepped/access.h"
#include "guests/stepped/code.h"
#include "guests/stepped/memory_hash.h"
#include "machine/guest_memory.h"

namespace nmistorm::guests {

/// Guest memory that can be taken back to any earlier state, if save() was told before each change what will
/// change. It keeps the key of the memory up to date, and a second copy, which only the log updates.
class UndoLog {
  public:
    static constexpr std::uint64_t word_size = 8;

    /// All must outlive this object. @p code is told what changes.
    UndoLog(const machine::GuestMemory& memory, const Layout& layout, Code& code);

    /// From now on changes can be taken back.
    void begin();
    [[nodiscard]] bool has_begun() const { return !shadow_.empty(); }

    /// How much is in the log.
    [[nodiscard]] std::size_t size() const { return undo_.size(); }
    [[nodiscard]] std::size_t bytes() const { return undo_.capacity() * sizeof(Undo); }

    /// @p access is about to write.
    void save(const Access& access);
    /// What was saved since the log had the size @p first has been written.
    void account(std::size_t first);

    /// Takes back everything since the log had the size @p size and the memory the key @p key.
    void rewind(std::size_t size, const StateKey& key);
    /// Makes memory what the log says that it is, whatever else has written to it.
    void repair();
    /// Throws CannotExplore if memory is not what the log says.
    void check() const;

    /// The key of TSSs, image, Boot, CpuPages and arena: what no guest can tell apart is left out.
    [[nodiscard]] const StateKey& key() const { return key_; }
    /// The word at @p address, a multiple of word_size in memory.
    [[nodiscard]] std::uint64_t word(std::uint64_t address) const;

  private:
    struct Undo {
        std::uint32_t address;  ///< a multiple of word_size
        std::uint64_t old;
    };
    [[nodiscard]] bool is_counted(std::uint64_t address) const;

    const machine::GuestMemory& memory_;
    std::uint64_t next_seq_;  ///< address of abi::Boot::next_seq, which only numbers events
    Code& code_;
    std::vector<Undo> undo_;
    std::vector<std::uint8_t> counted_pages_;
    std::vector<std::byte> shadow_;
    StateKey key_;
};

}  // namespace nmistorm::guests
