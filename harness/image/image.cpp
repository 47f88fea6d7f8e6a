// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/shown.h"
#include "image/debug.h"
#include "image/read_file.h"

namespace nmistorm::image {

Image::Image(std::vector<std::byte> owned, std::span<const std::byte> bytes, std::string name)
    : name_(std::move(name)), owned_(std::move(owned)), bytes_(bytes) {
    elf_ = std::make_unique<Debug>(bytes_);
    read_headers();
    read_segments();
    read_notes();
}

Image::Image(Image&&) noexcept = default;
Image& Image::operator=(Image&&) noexcept = default;
Image::~Image() = default;

Image Image::from_file(const std::string& path) {
    std::vector<std::byte> content = read_file(path);
    const std::span<const std::byte> bytes(content);  // moving a vector keeps its elements in place
    return {std::move(content), bytes, path};
}

Image Image::from_memory(std::span<const std::byte> bytes, const std::string& name) {
    return {{}, bytes, name};
}

std::string Image::fault() const {
    return note_ ? printable_ascii({note_->fault, strnlen(note_->fault, sizeof(note_->fault))}) : "none";
}

std::optional<std::uint32_t> Image::abi_version() const {
    return note_ ? std::optional(note_->version) : std::nullopt;
}

std::string Image::describe(GuestVirt address) const {
    return printable_ascii(elf_->describe(address));
}

std::string Image::name_at(GuestVirt address) const {
    const Symbol* found = symbol_at(address);
    return found == nullptr ? "" : printable_ascii(found->name);
}

const std::vector<Symbol>& Image::symbols() const {
    return elf_->symbols();
}

std::optional<Symbol> Image::symbol(const std::string& base_name) const {
    for (const Symbol& symbol : symbols()) {
        if (symbol.base_name() == base_name && !symbol.is_cold_part()) {
            return symbol;
        }
    }
    return std::nullopt;
}

std::optional<std::uint64_t> Image::member_offset(const std::string& type, const std::string& path) const {
    return elf_->member_offset(type, path);
}

std::string Image::describe_return(GuestVirt address) const {
    return printable_ascii(elf_->describe_return(address));
}

const Symbol* Image::symbol_at(GuestVirt address) const {
    return elf_->symbol_at(address);
}

bool Image::is_code(GuestVirt address) const {
    const Symbol* found = symbol_at(address);
    return found != nullptr && found->function;
}

std::vector<Frame> Image::backtrace(const Frame& innermost, const WordAt& word_at) const {
    return elf_->backtrace(machine_ == ElfMachine::i386, innermost, word_at);
}

std::span<const std::byte> Image::bytes_at(GuestVirt address) const {
    for (const Segment& segment : segments_) {
        const std::uint64_t offset = address.value - segment.address.value;
        if (address.value >= segment.address.value && offset < segment.bytes.size()) {
            return segment.bytes.subspan(offset);
        }
    }
    return {};
}

void Image::read_headers() {
    GElf_Ehdr header;
    if (bytes_.empty()) {
        throw UsageError(fmt::format("{}: the file is empty: a guest image is an ELF executable", name_));
    }
    if (elf_kind(elf_->elf()) != ELF_K_ELF || gelf_getehdr(elf_->elf(), &header) == nullptr) {
        throw UsageError(
            fmt::format("{}: not an ELF file, or cut off: a guest image is an ELF executable", name_));
    }
    const int elf_class = gelf_getclass(elf_->elf());
    if (header.e_machine == EM_X86_64 && elf_class == ELFCLASS64) {
        machine_ = ElfMachine::x86_64;
    } else if (header.e_machine == EM_386 && elf_class == ELFCLASS32) {
        machine_ = ElfMachine::i386;
    } else {
        throw UsageError(
            fmt::format("{}: built for another machine (ELF machine {}): build it for x86-64 or i386", name_,
                        header.e_machine));
    }
    if (header.e_type != ET_EXEC) {
        throw UsageError(
            fmt::format("{}: not a statically linked executable (ELF type {}): link it with -static -no-pie",
                        name_, header.e_type));
    }
    entry_ = {header.e_entry};
}

void Image::read_segments() {
    std::size_t count = 0;
    if (elf_getphdrnum(elf_->elf(), &count) != 0) {
        throw UsageError(
            fmt::format("{}: its program headers cannot be read: the file is damaged or cut off", name_));
    }
    bool entry_found = false;
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Phdr header;
        if (gelf_getphdr(elf_->elf(), static_cast<int>(i), &header) == nullptr) {
            throw UsageError(
                fmt::format("{}: program header {} is missing: the file is damaged or cut off", name_, i));
        }
        if (header.p_type != PT_LOAD || header.p_memsz == 0) {
            continue;
        }
        if (header.p_filesz > header.p_memsz || header.p_offset > bytes_.size() ||
            header.p_filesz > bytes_.size() - header.p_offset) {
            throw UsageError(
                fmt::format("{}: segment {} lies outside the file: it is damaged or cut off", name_, i));
        }
        // Each term is compared before it is subtracted, so nothing wraps.
        if (header.p_paddr != header.p_vaddr || header.p_paddr < image_begin.value ||
            header.p_paddr >= image_limit.value || header.p_memsz > image_limit.value - header.p_paddr) {
            throw UsageError(fmt::format(
                "{}: segment {} ({:#x} bytes at {:#x}) does not fit: link the image between {:#x} "
                "and {:#x}, physical addresses equal to virtual",
                name_, i, header.p_memsz, header.p_paddr, image_begin.value, image_limit.value));
        }
        const Segment segment{
            {header.p_paddr}, bytes_.subspan(header.p_offset, header.p_filesz), header.p_memsz};
        for (const Segment& other : segments_) {
            if (segment.address < other.address + other.size &&
                other.address < segment.address + segment.size) {
                throw UsageError(
                    fmt::format("{}: segment {} overlaps another: link it without overlap", name_, i));
            }
        }
        entry_found |= entry_.value - header.p_vaddr < header.p_filesz;
        segments_.push_back(segment);
    }
    if (segments_.empty()) {
        throw UsageError(
            fmt::format("{}: has no segment to load: a guest image is a linked executable", name_));
    }
    if (!entry_found) {
        throw UsageError(fmt::format("{}: its entry point {:#x} is in no segment: link it with ENTRY()",
                                     name_, entry_.value));
    }
}

void Image::read_notes() {
    std::size_t count = 0;
    elf_getphdrnum(elf_->elf(), &count);
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Phdr header;
        if (gelf_getphdr(elf_->elf(), static_cast<int>(i), &header) == nullptr || header.p_type != PT_NOTE) {
            continue;
        }
        // libelf answers null for a range outside the file.
        Elf_Data* data = elf_getdata_rawchunk(elf_->elf(), static_cast<std::int64_t>(header.p_offset),
                                              header.p_filesz, ELF_T_NHDR);
        GElf_Nhdr note;
        std::size_t name = 0;
        std::size_t descriptor = 0;
        for (std::size_t at = 0;
             data != nullptr && (at = gelf_getnote(data, at, &note, &name, &descriptor)) != 0;) {
            const std::string_view owner(static_cast<const char*>(data->d_buf) + name, note.n_namesz);
            const char* content = static_cast<const char*>(data->d_buf) + descriptor;
            if (owner == std::string_view(abi::note_owner, sizeof(abi::note_owner)) &&
                note.n_type == abi::note_type && note.n_descsz == sizeof(abi::ImageNote)) {
                std::memcpy(&note_.emplace(), content, sizeof(abi::ImageNote));
            } else if (owner == std::string_view("GNU\0", 4) && note.n_type == NT_GNU_BUILD_ID) {
                build_id_.clear();
                for (std::size_t byte = 0; byte < note.n_descsz; ++byte) {
                    build_id_ += fmt::format("{:02x}", static_cast<unsigned char>(content[byte]));
                }
            }
        }
    }
    if (note_ && note_->magic != abi::magic) {
        note_.reset();
    }
}

}  // namespace nmistorm::image
