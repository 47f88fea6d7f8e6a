// SPDX-License-Identifier: GPL-2.0-or-later
#include "own_guest.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <nmistorm/abi/cpu_page.h>
#include <nmistorm/abi/image_note.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <string>

#include "files.h"

namespace nmistorm::fake_kvm {
namespace {

/// Where guest.lds puts the note of every image.
constexpr std::size_t note_address = 0x100000;

std::string fault_in(std::span<const std::byte> memory) {
    abi::ElfImageNote note;
    std::memcpy(&note, &memory[note_address], sizeof(note));
    if (note.desc.magic != abi::magic) {
        throw std::runtime_error("the fake KVM runs images of the guest alone");
    }
    std::string fault(note.desc.fault, strnlen(note.desc.fault, sizeof(note.desc.fault)));
    std::ranges::replace(fault, '-', '_');
    return fault;
}

Fd copy_of(const std::string& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!file || fstat(file.get(), &status) != 0) {
        throw std::runtime_error("the fake KVM has no guest " + path);
    }
    Fd copy(make_descriptor(0));
    off_t from = 0;
    while (from < status.st_size &&
           sendfile(copy.get(), file.get(), &from, static_cast<std::size_t>(status.st_size - from)) > 0) {
    }
    return copy;
}

/// The loader may map a guest where one was that has been unloaded. Its own lock orders the two, but
/// ThreadSanitizer does not see that lock.
std::mutex loader;

void* load(int fd) {
    const std::lock_guard lock(loader);
    void* library = dlopen(("/proc/self/fd/" + std::to_string(fd)).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        throw std::runtime_error(std::string("the fake KVM cannot load its guest: ") + dlerror());
    }
    return library;
}

Cpu& cpu_of(void* vcpu) {
    return *static_cast<Cpu*>(vcpu);
}

constexpr guest::Hardware hardware = {
    .instruction = [](void* vcpu) { cpu_of(vcpu).instruction(); },
    .relax = [](void*) { sched_yield(); },
    .halt = [](void* vcpu) { cpu_of(vcpu).halt(); },
    .out =
        [](void* vcpu, std::uint16_t port) {
            cpu_of(vcpu).exit([port](kvm_run& run) {
                run.exit_reason = KVM_EXIT_IO;
                run.io.direction = KVM_EXIT_IO_OUT;
                run.io.port = port;
            });
        },
    .send_nmi = [](void* vcpu, std::uint32_t id) { cpu_of(vcpu).send_nmi(id); },
};

}  // namespace

OwnGuest::OwnGuest(std::span<std::byte> memory, std::uint64_t boot)
    : file_(copy_of(NMISTORM_FAKE_GUESTS "/fake_guest_" + fault_in(memory) + ".so")),
      library_(load(file_.get())),
      entry_(static_cast<const guest::Entry*>(dlsym(library_, "fake_guest"))) {
    entry_->load(hardware, memory.data(), memory.data() + boot);
}

OwnGuest::~OwnGuest() {
    const std::lock_guard lock(loader);
    dlclose(library_);
}

void OwnGuest::run(Cpu& cpu) {
    cpu.on_nmi = [entry = entry_, number = cpu.number()] { entry->nmi(number); };
    entry_->start(cpu.number(), &cpu);
}

}  // namespace nmistorm::fake_kvm
