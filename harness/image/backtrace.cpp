// SPDX-License-Identifier: GPL-2.0-or-later
// What called what, by libdw's unwinder.
#include "image/backtrace.h"

#include <elfutils/libdwfl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <memory>
#include <utility>

#include "image/debug.h"

namespace nmistorm::image {
namespace {

constexpr std::size_t frames_most = 32;  // the guest's stack may lead in circles
constexpr pid_t vcpu_id = 1;             // libdw unwinds threads of processes: this vCPU is the only one

/// What libdw asks for.
struct Unwound {
    std::uint64_t ip;
    const Registers& registers;
    const WordAt& word_at;
    bool i386;
    std::vector<GuestVirt> frames = {};
};

int find_no_debuginfo(Dwfl_Module* /*module*/, void** /*userdata*/, const char* /*name*/, Dwarf_Addr /*base*/,
                      const char* /*file*/, const char* /*link*/, GElf_Word /*crc*/, char** /*found*/) {
    return -1;  // it is in the image, or nowhere
}

pid_t next_thread(Dwfl* /*dwfl*/, void* argument, void** thread) {
    return std::exchange(*thread, argument) == nullptr ? vcpu_id : 0;
}

bool read_memory(Dwfl* /*dwfl*/, Dwarf_Addr address, Dwarf_Word* result, void* argument) {
    const auto word = static_cast<const Unwound*>(argument)->word_at(address);
    *result = word.value_or(0);
    return word.has_value();
}

/// DWARF's numbers: psABI of x86-64, figure 3.36, and of i386, table 2.14.
bool set_registers(Dwfl_Thread* thread, void* argument) {
    const auto& unwound = *static_cast<const Unwound*>(argument);
    const Registers& of = unwound.registers;
    dwfl_thread_state_register_pc(thread, unwound.ip);
    if (unwound.i386) {
        return dwfl_thread_state_registers(thread, 0, 8, of.data());
    }
    const Registers by_dwarf = {of[0], of[2], of[1],  of[3],  of[6],  of[7],  of[5],  of[4],
                                of[8], of[9], of[10], of[11], of[12], of[13], of[14], of[15]};
    return dwfl_thread_state_registers(thread, 0, by_dwarf.size(), by_dwarf.data());
}

int add_frame(Dwfl_Frame* frame, void* argument) {
    auto& unwound = *static_cast<Unwound*>(argument);
    Dwarf_Addr ip = 0;
    bool interrupted = false;
    if (!dwfl_frame_pc(frame, &ip, &interrupted) || unwound.frames.size() == frames_most) {
        return DWARF_CB_ABORT;
    }
    unwound.frames.push_back(GuestVirt{interrupted || ip == 0 ? ip : ip - 1});
    return DWARF_CB_OK;
}

constexpr Dwfl_Callbacks callbacks = {.find_elf = dwfl_build_id_find_elf,
                                      .find_debuginfo = find_no_debuginfo,
                                      .section_address = nullptr,
                                      .debuginfo_path = nullptr};
constexpr Dwfl_Thread_Callbacks thread_callbacks = {.next_thread = next_thread,
                                                    .get_thread = nullptr,
                                                    .memory_read = read_memory,
                                                    .set_initial_registers = set_registers,
                                                    .detach = nullptr,
                                                    .thread_detach = nullptr};

/// Makes @p image, an ELF file, the only module of @p dwfl, which reads files only. False if that fails.
bool report(Dwfl* dwfl, std::span<const std::byte> image) {
    const int file = memfd_create("guest image", MFD_CLOEXEC);
    if (file < 0) {
        return false;
    }
    dwfl_report_begin(dwfl);
    if (write(file, image.data(), image.size()) != static_cast<ssize_t>(image.size()) ||
        dwfl_report_elf(dwfl, "guest", "guest", file, 0, false) == nullptr) {
        close(file);
        return false;
    }
    return dwfl_report_end(dwfl, nullptr, nullptr) == 0;  // dwfl closes the file
}

}  // namespace

std::vector<GuestVirt> Debug::backtrace(GuestVirt ip, const Registers& registers, const WordAt& word_at) {
    const std::unique_ptr<Dwfl, void (*)(Dwfl*)> dwfl(dwfl_begin(&callbacks), dwfl_end);
    GElf_Ehdr header;
    if (!dwfl || gelf_getehdr(elf_, &header) == nullptr) {
        return {};
    }
    Unwound unwound{.ip = ip.value,
                    .registers = registers,
                    .word_at = word_at,
                    .i386 = header.e_machine == EM_386};
    if (!report(dwfl.get(), file_) ||
        !dwfl_attach_state(dwfl.get(), elf_, vcpu_id, &thread_callbacks, &unwound)) {
        return {};
    }
    // It fails at last where nothing more is known. What it found before stays.
    dwfl_getthread_frames(dwfl.get(), vcpu_id, add_frame, &unwound);
    return unwound.frames;
}

}  // namespace nmistorm::image
