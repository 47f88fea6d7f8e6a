// SPDX-License-Identifier: GPL-2.0-or-later
#include "damaged.h"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <utility>

#include <nmistorm/abi/image_note.h>

#include "image/read_file.h"

namespace nmistorm::test {
namespace {

constexpr std::uint64_t wrapping = 0 - std::uint64_t{0x1000};

/// The structures in the bytes of an image.
class Elf {
  public:
    explicit Elf(Bytes& bytes) : bytes_(bytes) {}

    Elf64_Ehdr& header() { return at<Elf64_Ehdr>(0); }
    Elf64_Phdr& program_header(unsigned i) {
        return at<Elf64_Phdr>(header().e_phoff + i * sizeof(Elf64_Phdr));
    }
    /// The first of that type, or the one @p skip after it.
    Elf64_Phdr& segment(Elf64_Word type, unsigned skip = 0) {
        for (unsigned i = 0; i < header().e_phnum; ++i) {
            if (program_header(i).p_type == type && skip-- == 0) {
                return program_header(i);
            }
        }
        throw std::out_of_range("the clean image lacks a segment");
    }
    abi::ElfImageNote& note() { return at<abi::ElfImageNote>(segment(PT_NOTE).p_offset); }

  private:
    template <typename T>
    T& at(std::size_t offset) {
        if (offset > bytes_.size() || sizeof(T) > bytes_.size() - offset) {
            throw std::out_of_range("the clean image is too short");
        }
        return *reinterpret_cast<T*>(&bytes_[offset]);
    }
    Bytes& bytes_;
};

struct Damage {
    const char* name;
    const char* says;
    std::function<void(Elf&)> apply;
};

void place(Elf64_Phdr& segment, std::uint64_t address) {
    segment.p_vaddr = segment.p_paddr = address;
}

std::vector<Damage> of_the_header() {
    return {
        {"no_magic", "not an ELF file", [](Elf& elf) { elf.header().e_ident[EI_MAG0] = 0; }},
        {"of_no_class", "not an ELF file", [](Elf& elf) { elf.header().e_ident[EI_CLASS] = 9; }},
        {"for_arm", "another machine", [](Elf& elf) { elf.header().e_machine = EM_ARM; }},
        {"for_i386_in_64_bits", "another machine", [](Elf& elf) { elf.header().e_machine = EM_386; }},
        {"of_32_bits", "", [](Elf& elf) { elf.header().e_ident[EI_CLASS] = ELFCLASS32; }},
        {"big_endian", "", [](Elf& elf) { elf.header().e_ident[EI_DATA] = ELFDATA2MSB; }},
        {"shared_object", "not a statically linked executable",
         [](Elf& elf) { elf.header().e_type = ET_DYN; }},
        {"object_file", "not a statically linked executable", [](Elf& elf) { elf.header().e_type = ET_REL; }},
        {"no_program_headers", "no segment to load", [](Elf& elf) { elf.header().e_phnum = 0; }},
        {"too_many_program_headers", "", [](Elf& elf) { elf.header().e_phnum = PN_XNUM - 1; }},
        {"uncounted_program_headers", "", [](Elf& elf) { elf.header().e_phnum = PN_XNUM; }},
        {"program_headers_outside", "", [](Elf& elf) { elf.header().e_phoff = wrapping; }},
        {"entry_at_zero", "entry point 0x0 is in no segment", [](Elf& elf) { elf.header().e_entry = 0; }},
        {"entry_behind_its_segment", "is in no segment",
         [](Elf& elf) {
             elf.header().e_entry = elf.segment(PT_LOAD).p_vaddr + elf.segment(PT_LOAD).p_filesz;
         }},
        {"entry_wrapping", "is in no segment", [](Elf& elf) { elf.header().e_entry = ~std::uint64_t{0}; }},
    };
}

std::vector<Damage> of_segments() {
    return {
        {"overlapping", "overlaps another",
         [](Elf& elf) { place(elf.segment(PT_LOAD, 1), elf.segment(PT_LOAD).p_vaddr + 8); }},
        {"wrapping_address", "does not fit", [](Elf& elf) { place(elf.segment(PT_LOAD, 1), wrapping); }},
        {"at_the_null_page", "does not fit", [](Elf& elf) { place(elf.segment(PT_LOAD, 1), 0); }},
        {"at_the_limit", "does not fit", [](Elf& elf) { place(elf.segment(PT_LOAD, 1), 0x1000000); }},
        {"mapped_elsewhere", "does not fit", [](Elf& elf) { elf.segment(PT_LOAD, 1).p_vaddr += 0x1000; }},
        {"gigantic", "does not fit",
         [](Elf& elf) { elf.segment(PT_LOAD, 2).p_memsz = std::uint64_t{1} << 62; }},
        {"gigantic_and_wrapping", "does not fit",
         [](Elf& elf) { elf.segment(PT_LOAD, 2).p_memsz = 0 - elf.segment(PT_LOAD, 2).p_paddr; }},
        {"larger_in_the_file", "lies outside the file",
         [](Elf& elf) { elf.segment(PT_LOAD).p_filesz = elf.segment(PT_LOAD).p_memsz + 1; }},
        {"offset_outside", "lies outside the file",
         [](Elf& elf) { elf.segment(PT_LOAD).p_offset = std::uint64_t{1} << 40; }},
        {"offset_wrapping", "lies outside the file",
         [](Elf& elf) { elf.segment(PT_LOAD).p_offset = wrapping; }},
        {"size_wrapping", "lies outside the file",
         [](Elf& elf) { elf.segment(PT_LOAD).p_filesz = elf.segment(PT_LOAD).p_memsz = wrapping; }},
        {"nothing_to_load", "no segment to load",
         [](Elf& elf) {
             for (unsigned i = 0; i < 3; ++i) {
                 elf.segment(PT_LOAD, i).p_memsz = 0;
             }
         }},
    };
}

std::vector<Damage> of_the_note() {
    return {
        {"without_note", "no nmistorm note", [](Elf& elf) { elf.segment(PT_NOTE).p_type = PT_NULL; }},
        {"note_outside", "no nmistorm note", [](Elf& elf) { elf.segment(PT_NOTE).p_offset = wrapping; }},
        {"note_of_another", "no nmistorm note", [](Elf& elf) { elf.note().name[0] = 'N'; }},
        {"note_of_another_type", "no nmistorm note", [](Elf& elf) { elf.note().type = 2; }},
        {"note_too_short", "no nmistorm note", [](Elf& elf) { elf.note().descsz = 8; }},
        {"note_too_long", "no nmistorm note", [](Elf& elf) { elf.note().descsz = 0xffffffff; }},
        {"wrong_magic", "no nmistorm note", [](Elf& elf) { elf.note().desc.magic = 0; }},
        {"older_abi", "made for ABI version 0", [](Elf& elf) { elf.note().desc.version = 0; }},
        {"newer_abi", "made for ABI version 99", [](Elf& elf) { elf.note().desc.version = 99; }},
    };
}

/// A clean image with each.
std::vector<Damaged> with(const std::vector<Damage>& damages) {
    const Bytes clean = clean_image();
    std::vector<Damaged> all;
    for (const Damage& damage : damages) {
        all.push_back({damage.name, clean, damage.says});
        Elf elf(all.back().bytes);
        damage.apply(elf);
    }
    return all;
}

}  // namespace

Bytes clean_image() {
    return image::read_file(NMISTORM_CLEAN_IMAGE);
}

std::size_t end_of_segments(const Bytes& image) {
    Bytes copy = image;
    Elf elf(copy);
    std::size_t end = end_of_headers(image);
    for (unsigned i = 0; i < elf.header().e_phnum; ++i) {
        const Elf64_Phdr& header = elf.program_header(i);
        end = std::max<std::size_t>(end, header.p_offset + header.p_filesz);
    }
    return end;
}

std::size_t end_of_headers(const Bytes& image) {
    Bytes copy = image;
    Elf elf(copy);
    return elf.header().e_phoff + elf.header().e_phnum * sizeof(Elf64_Phdr);
}

Bytes stripped(Bytes image) {
    Elf elf(image);
    elf.header().e_shoff = 0;
    elf.header().e_shnum = elf.header().e_shstrndx = 0;
    image.resize(end_of_segments(image));
    return image;
}

std::vector<Damaged> damaged_images() {
    std::vector<Damaged> all = with(of_the_header());
    for (Damaged& each : with(of_segments())) {
        all.push_back(std::move(each));
    }
    return all;
}

std::vector<Damaged> foreign_images() {
    return with(of_the_note());
}

}  // namespace nmistorm::test
