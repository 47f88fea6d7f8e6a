// SPDX-License-Identifier: GPL-2.0-or-later
// usage: peer_image FILE [GUEST]
// Writes an ELF file that a PVH loader such as QEMU's -kernel can start: the x86-64 guest, or the image
// GUEST, with one vCPU and every handler, without events, as nmistorm would start it. Prints where its count
// of NMI exits is in memory. scripts/bench-peers uses it.
#include <elf.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <fstream>
#include <vector>

#include "guests/abi/abi_vm.h"
#include "image/embedded.h"
#include "image/image.h"
#include "kvm/system.h"

extern "C" {
extern const unsigned char peer_code[];
extern const unsigned char peer_code_end[];
extern const unsigned char peer_start[];
}

namespace {

using namespace nmistorm;

constexpr std::uint64_t image_begin = 0x100000;
constexpr std::uint32_t note_type = 18;  // XEN_ELFNOTE_PHYS32_ENTRY (elfnote.h of Xen)

struct Note {
    Elf64_Nhdr header{4, sizeof(std::uint64_t), note_type};
    char name[4] = {'X', 'e', 'n', 0};
    std::uint64_t entry = 0;
};
static_assert(sizeof(Note) == 24);

/// In the order of peer_start.S.
struct Values {
    std::uint32_t low_from, low_bytes, cr0, cr3, cr4, efer, tss, gs_base, rip, rsp, rdi, rsi;
};

struct Load {
    std::uint64_t address;
    std::vector<std::byte> bytes;
};

std::vector<std::byte> copy(std::span<const std::byte> bytes) {
    return {bytes.begin(), bytes.end()};
}

void write(const char* path, const std::vector<Load>& loads, const Note& note) {
    std::vector<Elf64_Phdr> headers(loads.size() + 1);
    std::uint64_t at = sizeof(Elf64_Ehdr) + headers.size() * sizeof(Elf64_Phdr);
    headers[0] = {.p_type = PT_NOTE,
                  .p_flags = PF_R,
                  .p_offset = at,
                  .p_vaddr = 0,
                  .p_paddr = 0,
                  .p_filesz = sizeof(note),
                  .p_memsz = sizeof(note),
                  .p_align = 4};
    at += sizeof(note);
    for (std::size_t i = 0; i < loads.size(); ++i) {
        const std::uint64_t size = loads[i].bytes.size();
        headers[i + 1] = {.p_type = PT_LOAD,
                          .p_flags = PF_R | PF_W | PF_X,
                          .p_offset = at,
                          .p_vaddr = loads[i].address,
                          .p_paddr = loads[i].address,
                          .p_filesz = size,
                          .p_memsz = size,
                          .p_align = 1};
        at += size;
    }
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_EXEC;
    header.e_machine = EM_X86_64;
    header.e_version = EV_CURRENT;
    header.e_entry = note.entry;
    header.e_phoff = sizeof(header);
    header.e_ehsize = sizeof(header);
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<Elf64_Half>(headers.size());
    std::ofstream file(path, std::ios::binary);
    const auto put = [&file](const void* bytes, std::size_t size) {
        file.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
    };
    put(&header, sizeof(header));
    put(headers.data(), headers.size() * sizeof(Elf64_Phdr));
    put(&note, sizeof(note));
    for (const Load& load : loads) {
        put(load.bytes.data(), load.bytes.size());
    }
    file.close();
    if (!file) {
        throw Error(fmt::format("cannot write {}", path));
    }
}

void make(const char* path, const image::Image& image) {
    const kvm::System system = kvm::System::open();
    guests::AbiVm guest(system, image, {.vcpus = 1, .events = false});
    const guests::Layout& layout = guest.layout();
    const kvm_sregs sregs = guest.vcpus().front().sregs();
    const kvm_regs regs = guest.vcpus().front().regs();
    const auto low = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
    const std::uint64_t low_bytes = layout.tss(1).value;
    const Values values{.low_from = low(layout.size),
                        .low_bytes = low(low_bytes),
                        .cr0 = low(sregs.cr0),
                        .cr3 = low(sregs.cr3),
                        .cr4 = low(sregs.cr4),
                        .efer = low(sregs.efer),
                        .tss = low(sregs.tr.base),
                        .gs_base = low(sregs.gs.base),
                        .rip = low(regs.rip),
                        .rsp = low(regs.rsp),
                        .rdi = low(regs.rdi),
                        .rsi = low(regs.rsi)};
    // Behind all that the guest uses, and mapped.
    const GuestPhys start_page = layout.arena + guests::Layout::arena_size;
    const std::uint64_t start = start_page.value;
    const auto code_size = static_cast<std::size_t>(peer_code_end - peer_code);
    if (start + code_size > layout.size) {
        throw Error("guest memory has no free page for the start code");
    }
    const std::span<std::byte> code = guest.memory().span(start_page, code_size);
    std::memcpy(code.data(), peer_code, code.size());
    std::memcpy(code.data(), &values, sizeof(values));
    Note note;
    note.entry = start + static_cast<std::uint64_t>(peer_start - peer_code);
    write(path,
          {{image_begin, copy(guest.memory().span({image_begin}, layout.size - image_begin))},
           {layout.size, copy(guest.memory().span({0}, low_bytes))}},
          note);
    const std::uint64_t page = layout.cpu_page(0).value;
    fmt::print("{} {}\n", page + offsetof(abi::CpuPage, state),
               page + offsetof(abi::CpuPage, counters.nmi_exits));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2 && argc != 3) {
        fmt::print(stderr, "usage: peer_image FILE [GUEST]\n");
        return 2;
    }
    try {
        make(argv[1], argc == 3 ? image::Image::from_file(argv[2]) : image::embedded("guest_x86_64_none"));
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "peer_image: {}\n", error.what());
        return 3;
    }
}
