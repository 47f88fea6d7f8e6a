// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <elfutils/libdw.h>
#include <gelf.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/address.h"

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

    /// Name of the function or object at @p address; empty if none is there.
    [[nodiscard]] std::string symbol(GuestVirt address);

  private:
    struct Symbol {
        std::string name;
        std::uint64_t size;
    };
    using Symbols = std::map<std::uint64_t, Symbol>;  ///< by address

    void read();
    void read_symbols();
    /// The symbol that covers @p address, or end().
    [[nodiscard]] Symbols::const_iterator find(GuestVirt address) const;
    [[nodiscard]] std::string line(GuestVirt address) const;

    std::vector<std::byte> bytes_;  ///< libelf writes to the headers of sections that it decompresses
    Elf* elf_ = nullptr;
    Dwarf* dwarf_ = nullptr;
    bool read_ = false;
    Symbols symbols_;
};

}  // namespace nmistorm::image
