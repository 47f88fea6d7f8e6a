// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/program.h"

#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <cstring>

namespace nmistorm::commands {
namespace {

/// The build ID in the segment of notes at @p at, in hexadecimal digits; empty if it has none.
std::string build_id_among(const unsigned char* at, std::size_t size) {
    constexpr std::size_t align = 4;
    const auto padded = [](std::size_t length) { return (length + align - 1) / align * align; };
    ElfW(Nhdr) note;
    while (size >= sizeof(note)) {
        std::memcpy(&note, at, sizeof(note));
        const std::size_t whole = sizeof(note) + padded(note.n_namesz) + padded(note.n_descsz);
        if (whole > size) {
            break;
        }
        if (note.n_type == NT_GNU_BUILD_ID) {
            std::string digits;
            for (std::size_t i = 0; i < note.n_descsz; ++i) {
                digits += fmt::format("{:02x}", at[sizeof(note) + padded(note.n_namesz) + i]);
            }
            return digits;
        }
        at += whole;
        size -= whole;
    }
    return {};
}

}  // namespace

std::string version() {
    return NMISTORM_RELEASE;
}

std::string build_id() {
    std::string found;
    dl_iterate_phdr(
        [](dl_phdr_info* program, std::size_t, void* result) {
            for (int i = 0; i < program->dlpi_phnum; ++i) {
                const ElfW(Phdr)& segment = program->dlpi_phdr[i];
                auto& id = *static_cast<std::string*>(result);
                if (segment.p_type == PT_NOTE && id.empty()) {
                    id = build_id_among(
                        reinterpret_cast<const unsigned char*>(program->dlpi_addr + segment.p_vaddr),
                        segment.p_memsz);
                }
            }
            return 1;  // the first one is the program
        },
        &found);
    return found.empty() ? "none" : found;
}

}  // namespace nmistorm::commands
