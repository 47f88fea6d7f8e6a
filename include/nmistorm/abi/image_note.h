// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <nmistorm/abi/assembly.h>
#include <nmistorm/abi/version.h>

namespace nmistorm::abi {

/// Owner name of the ELF note by which the host recognises an nmistorm guest (ELF gABI, "Note Section").
inline constexpr char note_owner[] = "nmistorm";
inline constexpr uint32_t note_type = NMISTORM_NOTE_TYPE;

/// The note's descriptor. The host reads it before the first instruction runs and refuses an
/// image whose magic or version differ from its own.
struct ImageNote {
    uint32_t magic;                        ///< abi::magic
    uint32_t version;                      ///< abi::version
    char fault[NMISTORM_NOTE_FAULT_SIZE];  ///< name of the compiled-in fault, "none" in a clean image;
                                           ///< NUL-terminated
};
static_assert(offsetof(ImageNote, magic) == 0 && offsetof(ImageNote, version) == 4 &&
              offsetof(ImageNote, fault) == 8);
static_assert(sizeof(ImageNote) == 32);

/// The ELF note as a linker sees it (Elf32_Nhdr and Elf64_Nhdr are the same three words).
struct ElfImageNote {
    uint32_t namesz = sizeof(note_owner);
    uint32_t descsz = sizeof(ImageNote);
    uint32_t type = note_type;
    char name[12];  ///< note_owner, padded to a multiple of four
    ImageNote desc;
};
static_assert(sizeof(note_owner) == 9 && sizeof(ElfImageNote) == 12 + 12 + 32);
static_assert(offsetof(ElfImageNote, namesz) == 0 && offsetof(ElfImageNote, descsz) == 4 &&
              offsetof(ElfImageNote, type) == 8 && offsetof(ElfImageNote, name) == 12 &&
              offsetof(ElfImageNote, desc) == 24);

}  // namespace nmistorm::abi
