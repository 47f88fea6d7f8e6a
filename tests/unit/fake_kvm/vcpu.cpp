// SPDX-License-Identifier: GPL-2.0-or-later
#include "vcpu.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace nmistorm::fake_kvm {
namespace {

template <typename T>
T& at_address(unsigned long address) {
    return *reinterpret_cast<T*>(address);
}

constexpr std::size_t lvt_lint0 = 0x350;  // SDM 3A, table 11-1

/// All signals except those that a bug in this process raises.
sigset_t all_signals() {
    sigset_t all;
    sigfillset(&all);
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) {
        sigdelset(&all, own);
    }
    return all;
}

}  // namespace

Vcpu::Vcpu(std::shared_ptr<Vm> vm, unsigned number, int fd)
    : vm_(std::move(vm)), number_(number), queued_event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    void* shared = mmap(nullptr, shared_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED) {
        throw std::runtime_error("no memory for a vCPU of the fake KVM");
    }
    shared_ = static_cast<kvm_run*>(shared);
}

Vcpu::~Vcpu() {
    munmap(shared_, shared_size);
}

int Vcpu::request(unsigned long number, unsigned long argument) {
    const std::lock_guard lock(mutex_);
    const auto& failures = vm_->kvm().failures;
    if (const auto failure = failures.find(number); failure != failures.end()) {
        return -failure->second;
    }
    switch (number) {
        case KVM_RUN:
            return run();
        case KVM_NMI:
            queue_nmi();
            return 0;
        case KVM_GET_REGS:
            at_address<kvm_regs>(argument) = regs();
            return 0;
        case KVM_SET_REGS:
            set_regs(at_address<kvm_regs>(argument));
            return 0;
        case KVM_GET_SREGS:
            at_address<kvm_sregs>(argument) = sregs_;
            return 0;
        case KVM_SET_SREGS:
            sregs_ = at_address<kvm_sregs>(argument);
            return 0;
        case KVM_GET_VCPU_EVENTS:
            process_queued();
            at_address<kvm_vcpu_events>(argument) = events();
            return 0;
        case KVM_SET_VCPU_EVENTS:
            set_events(at_address<kvm_vcpu_events>(argument));
            return 0;
        case KVM_GET_LAPIC: {
            const std::uint32_t lint0 = lint0_.load();
            std::memcpy(&at_address<kvm_lapic_state>(argument).regs[lvt_lint0], &lint0, sizeof(lint0));
            return 0;
        }
        case KVM_SET_LAPIC: {
            std::uint32_t lint0 = 0;
            std::memcpy(&lint0, &at_address<kvm_lapic_state>(argument).regs[lvt_lint0], sizeof(lint0));
            lint0_.store(lint0);
            has_lapic_ = true;
            return 0;
        }
        case KVM_GET_MP_STATE:
            at_address<kvm_mp_state>(argument).mp_state = mp_state_;
            return 0;
        case KVM_SET_MP_STATE:
            mp_state_ = at_address<kvm_mp_state>(argument).mp_state;
            return 0;
        case KVM_GET_MSRS:
        case KVM_SET_MSRS:
            return static_cast<int>(at_address<kvm_msrs>(argument).nmsrs);
        case KVM_SET_CPUID2:  // what the guest's code does not have
        case KVM_GET_XSAVE:
        case KVM_SET_XSAVE:
        case KVM_GET_XCRS:
        case KVM_SET_XCRS:
        case KVM_GET_DEBUGREGS:
        case KVM_SET_DEBUGREGS:
            return 0;
        case KVM_GET_TSC_KHZ:
            return 1'000'000;  // rdtsc() of the fake CPU counts nanoseconds
        case KVM_GET_STATS_FD:
            return statistics();
        default:
            return -ENOTTY;
    }
}

void Vcpu::tell(Moment moment) const {
    if (vm_->kvm().at) {
        vm_->kvm().at(moment, number_);
    }
}

/// What runs here is kept, and can be found by the register.
kvm_regs Vcpu::regs() const {
    kvm_regs regs = regs_;
    if (guest_) {
        regs.r15 = vm_->kvm().saved.keep(guest_);
    }
    return regs;
}

void Vcpu::set_regs(const kvm_regs& regs) {
    regs_ = regs;
    if (const auto saved = vm_->kvm().saved.find(regs.r15)) {
        guest_ = saved;
        vm_->adopt(saved->guest());
    }
}

kvm_vcpu_events Vcpu::events() const {
    kvm_vcpu_events events{};
    events.flags = KVM_VCPUEVENT_VALID_NMI_PENDING;
    events.nmi.pending = static_cast<__u8>(vm_->kvm().pending_as_in_6_1 ? std::min(pending_, 1U) : pending_);
    events.nmi.masked = masked_ ? 1 : 0;
    return events;
}

void Vcpu::set_events(const kvm_vcpu_events& events) {
    masked_ = events.nmi.masked != 0;
    if ((events.flags & KVM_VCPUEVENT_VALID_NMI_PENDING) != 0) {
        pending_ = vm_->kvm().pending_as_in_6_1 ? events.nmi.pending : 0;
        queued_ = vm_->kvm().pending_as_in_6_1 ? 0 : events.nmi.pending;
    }
}

/// process_nmi(): two NMIs can be pending, one while NMIs are masked; further ones are merged with them.
void Vcpu::process_queued() {
    if (const unsigned queued = queued_.exchange(0); queued != 0) {
        pending_ = std::min(pending_ + queued, masked_ ? 1U : 2U);
    }
}

void Vcpu::queue_nmi() {
    queued_.fetch_add(1);
    eventfd_write(queued_event_.get(), 1);
}

/// Sleeps until an NMI was queued, or until a signal was taken, which is false. Unblocks signals and sleeps,
/// atomically.
bool Vcpu::sleep() {
    pollfd poll{queued_event_.get(), POLLIN, 0};
    eventfd_t ignored = 0;
    return ppoll(&poll, 1, nullptr, &callers_mask_) > 0 && eventfd_read(queued_event_.get(), &ignored) == 0;
}

int Vcpu::interrupted() {
    shared_->exit_reason = KVM_EXIT_INTR;
    tell(Moment::leaving);
    return -EINTR;
}

bool Vcpu::takes_nmis_from_lint0() const {
    constexpr std::uint32_t mode_and_mask = 7U << 8 | 1U << 16;
    constexpr std::uint32_t nmi = 4U << 8;
    return (lint0_.load() & mode_and_mask) == nmi;
}

int Vcpu::run() {
    vm_->tick_if_periodic();
    const sigset_t all = all_signals();
    pthread_sigmask(SIG_BLOCK, &all, &callers_mask_);
    const int result = run_blocking_signals();
    pthread_sigmask(SIG_SETMASK, &callers_mask_, nullptr);  // pending signals are taken here
    return result;
}

int Vcpu::run_blocking_signals() {
    tell(Moment::entered);
    if (__atomic_load_n(&shared_->immediate_exit, __ATOMIC_SEQ_CST) != 0) {
        return interrupted();
    }
    tell(Moment::looked);
    if (!guest_) {
        const Kvm& kvm = vm_->kvm();
        guest_ = std::make_shared<GuestCpu>(kvm, number_, kvm.program ? nullptr : vm_->own_guest(regs_.rdi));
    }
    while (!signal_pending()) {
        process_queued();
        if (!can_run()) {
            tell(Moment::halted);
            if (!sleep()) {
                return interrupted();
            }
            continue;
        }
        mp_state_ = KVM_MP_STATE_RUNNABLE;
        if (const auto result = guest_->run_on(*this)) {
            return *result;
        }
    }
    return interrupted();
}

/// One that waits for a SIPI does not run, whatever comes.
bool Vcpu::can_run() const {
    return mp_state_ == KVM_MP_STATE_RUNNABLE ||
           (deliverable() && (mp_state_ == KVM_MP_STATE_HALTED || vm_->kvm().nmi_starts_waiting_vcpu));
}

bool Vcpu::signal_pending() const {
    sigset_t pending;
    sigpending(&pending);
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
        if (sigismember(&pending, signal) == 1 && sigismember(&callers_mask_, signal) == 0) {
            return true;
        }
    }
    return false;
}

/// A file with the present value of the statistic that the harness reads (api.rst, KVM_GET_STATS_FD).
int Vcpu::statistics() const {
    constexpr std::string_view name = "nmi_injections";
    kvm_stats_header header{};
    header.name_size = 16;
    header.num_desc = 1;
    header.desc_offset = sizeof(header);
    header.data_offset = static_cast<__u32>(header.desc_offset + sizeof(kvm_stats_desc) + header.name_size);
    kvm_stats_desc descriptor{};
    descriptor.size = 1;
    std::vector<char> file(header.data_offset + sizeof(injections_));
    std::memcpy(file.data(), &header, sizeof(header));
    std::memcpy(&file[header.desc_offset], &descriptor, sizeof(descriptor));
    name.copy(&file[header.desc_offset + sizeof(descriptor)], name.size());
    std::memcpy(&file[header.data_offset], &injections_, sizeof(injections_));
    const int fd = make_descriptor(file.size());
    return pwrite(fd, file.data(), file.size(), 0) == static_cast<ssize_t>(file.size()) ? fd : -EIO;
}

void Vcpu::begin_nmi() {
    --pending_;
    ++injections_;
    masked_ = true;
}

void Vcpu::end_nmi() {
    masked_ = !vm_->kvm().unmasks_nmis;
}

void Vcpu::send_nmi(unsigned id) {
    if (const auto target = vm_->find(id)) {
        target->queue_nmi();
    }
}

}  // namespace nmistorm::fake_kvm
