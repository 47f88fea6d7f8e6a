// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <elfutils/libdw.h>
#include <gelf.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"
#include "image/backtrace.h"
#include "image/symbol.h"

namespace nmistorm::image {

/// Owns the libelf and libdw handles of one image and says what lies at an address. Reads symbols and DWARF
/// when they are first needed: most runs never need them.
class Debug {
  public:
    explicit Debug(std::span<const std::byte> bytes);
    Debug(const Debug&) = delete;
    Debug& operator=(const Debug&) = delete;
    ~Debug();

    /// Null if the bytes are not an ELF file.
    [[nodiscard]] Elf* elf() const { return elf_; }

    [[nodiscard]] std::string describe(GuestVirt address);
    [[nodiscard]] std::string describe_return(GuestVirt address);
    [[nodiscard]] const std::vector<Symbol>& symbols();
    [[nodiscard]] std::optional<std::uint64_t> member_offset(const std::string& type,
                                                             const std::string& path);

    /// The function or object at @p address; null if none is there.
    [[nodiscard]] const Symbol* symbol_at(GuestVirt address);

    [[nodiscard]] std::vector<Frame> backtrace(bool i386, const Frame& innermost, const WordAt& word_at);

  private:
    void read();
    void read_symbols();
    /// The symbol that covers @p address; null if none does.
    [[nodiscard]] const Symbol* find(GuestVirt address) const;
    [[nodiscard]] std::string line(GuestVirt address) const;
    /// @p address as an offset in @p symbol, which may be null, with @p source.
    static std::string text(const Symbol* symbol, GuestVirt address, const std::string& source);

    std::vector<std::byte> bytes_;  ///< a copy: libelf writes to headers of sections that it decompresses
    Elf* elf_ = nullptr;
    Dwarf* dwarf_ = nullptr;
    bool read_ = false;
    std::vector<Symbol> symbols_;  ///< by address
};

}  // namespace nmistorm::image
