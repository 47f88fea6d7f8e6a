// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nmistorm/abi/image_note.h>

#include "base/address.h"
#include "image/backtrace.h"
#include "image/symbol.h"

namespace nmistorm::image {

enum class ElfMachine { i386, x86_64 };

/// A part of the image that goes into guest memory: @p bytes, then zeros up to @p size.
struct Segment {
    GuestPhys address;
    std::span<const std::byte> bytes;
    std::uint64_t size = 0;
};

/// Images lie in this range of guest-physical memory. The host uses the memory below and above it.
inline constexpr GuestPhys image_begin{0x100000};
inline constexpr GuestPhys image_limit{0x1000000};

class Debug;

/// A guest image: an ELF executable. The file comes from outside, so every header is checked; an invalid one
/// throws UsageError with one sentence that names the file. Which guest it is, guests/kinds.h tells.
class Image {
  public:
    static Image from_file(const std::string& path);
    /// @p bytes must outlive the image; @p name is for messages.
    static Image from_memory(std::span<const std::byte> bytes, const std::string& name);

    Image(Image&&) noexcept;
    Image& operator=(Image&&) noexcept;
    ~Image();

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] ElfMachine machine() const { return machine_; }
    [[nodiscard]] GuestVirt entry() const { return entry_; }
    [[nodiscard]] const std::vector<Segment>& segments() const { return segments_; }
    /// What the nmistorm note says: "none" for a clean image, and for one without that note.
    [[nodiscard]] std::string fault() const;
    /// The ABI version in the nmistorm note; nothing if the image has none.
    [[nodiscard]] std::optional<std::uint32_t> abi_version() const;
    /// The GNU build id in hex; empty if the image has none.
    [[nodiscard]] const std::string& build_id() const { return build_id_; }

    /// "do_nmi+0x1c guest/nmi/nmi.cpp:88", or the part of it that the image has; else the bare address.
    [[nodiscard]] std::string describe(GuestVirt address) const;
    /// The same of an address to which a call returns: its line is that of the call.
    [[nodiscard]] std::string describe_return(GuestVirt address) const;

    /// "do_nmi": the function or object at @p address; empty if the image knows none.
    [[nodiscard]] std::string name_at(GuestVirt address) const;
    /// The function or object at @p address; null if the image knows none. Valid as long as the image.
    [[nodiscard]] const Symbol* symbol_at(GuestVirt address) const;
    /// A function is there.
    [[nodiscard]] bool is_code(GuestVirt address) const;
    /// All functions and objects, by address.
    [[nodiscard]] const std::vector<Symbol>& symbols() const;
    /// The first symbol of this base name.
    [[nodiscard]] std::optional<Symbol> symbol(const std::string& base_name) const;
    /// Offset of the member @p path ("rcu.dynticks") in the struct @p type; nothing if the image has no debug
    /// information about it.
    [[nodiscard]] std::optional<std::uint64_t> member_offset(const std::string& type,
                                                             const std::string& path) const;
    /// @p innermost, what called it, and so on, by the image's call frame information (DWARF 5, 6.4). It
    /// crosses NMIs and exceptions, and a jump to where no code is. It ends where the image or memory tells
    /// no more, and after a few dozen frames.
    [[nodiscard]] std::vector<Frame> backtrace(const Frame& innermost, const WordAt& word_at) const;
    /// The image's bytes from @p address to the end of their segment; empty if it lies in none.
    [[nodiscard]] std::span<const std::byte> bytes_at(GuestVirt address) const;

  private:
    Image(std::vector<std::byte> owned, std::span<const std::byte> bytes, std::string name);
    void read_headers();
    void read_segments();
    void read_notes();

    std::string name_;
    std::vector<std::byte> owned_;  ///< the file's content, if read from one
    std::span<const std::byte> bytes_;
    std::unique_ptr<Debug> elf_;
    ElfMachine machine_{};
    GuestVirt entry_;
    std::vector<Segment> segments_;
    std::optional<abi::ImageNote> note_;
    std::string build_id_;
};

}  // namespace nmistorm::image
