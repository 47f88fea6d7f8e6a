// SPDX-License-Identifier: GPL-2.0-or-later
// `nmistorm --help`, `nmistorm --version`
#include <elf.h>
#include <fmt/format.h>
#include <link.h>

#include <cstring>

#include <nmistorm/abi/version.h>

#include "commands/commands.h"
#include "commands/console.h"
#include "report/schemas.h"

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

/// Of this program, by which its debug information is found.
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

}  // namespace

int run(const cli::Answer& answer) {
    print(answer.text);
    return 0;
}

int run(const cli::Version&) {
    print(fmt::format("nmistorm {}\nguest ABI {}\nschemas {} {} {} {} {} {} {} {} {}\nbuild ID {}\n",
                      NMISTORM_RELEASE, abi::version, report::run_schema, report::matrix_schema,
                      report::explore_schema, report::doctor_schema, report::bench_schema,
                      report::merged_schema, report::facts_schema, report::schedule_schema,
                      report::progress_schema, build_id()));
    return 0;
}

}  // namespace nmistorm::commands
