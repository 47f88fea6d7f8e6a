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
#include "image/symbol.h"

namespace nmistorm::image {

/// Owns the libelf and libdw handles of one image and answers what is at an address. Symbols and DWARF
/// are read at the first question: most runs ask none.
class Debug {
  public:
    explicit Debug(std::span<const std::byte> bytes);
    Debug(const Debug&) = delete;
    Debug& operator=(const Debug&) = delete;
    ~Debug();

    /// Null where the bytes are not an ELF file.
    [[nodiscard]] Elf* elf() const { return elf_; }

    [[nodiscard]] std::string describe(GuestVirt address);
    [[nodiscard]] const std::vector<Symbol>& symbols();
    [[nodiscard]] std::optional<std::uint64_t> member_offset(const std::string& type,
                                                             const std::string& path);

  private:
    void read();
    void read_symbols();
    [[nodiscard]] std::string symbol(GuestVirt address) const;
    [[nodiscard]] std::string line(GuestVirt address) const;

    Elf* elf_ = nullptr;
    Dwarf* dwarf_ = nullptr;
    bool read_ = false;
    std::vector<Symbol> symbols_;  ///< by address
};

}  // namespace nmistorm::image
