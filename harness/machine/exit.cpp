// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/exit.h"

#include <fmt/format.h>

#include <nmistorm/abi/cpu_page.h>

#include "kvm/vcpu.h"

namespace nmistorm::machine {

Exit describe_exit(const kvm_run& run) {
    std::string name = kvm::exit_name(run.exit_reason);
    switch (run.exit_reason) {
        case KVM_EXIT_IO: {
            const bool out = run.io.direction == KVM_EXIT_IO_OUT;
            if (out && run.io.port == abi::panic_port) {
                return {"panic", true};
            }
            return {fmt::format("{} ({} port {:#x})", name, out ? "out to" : "in from", run.io.port)};
        }
        case KVM_EXIT_MMIO:
            return {fmt::format("{} ({} {:#x}, where there is no memory)", name,
                                run.mmio.is_write ? "write to" : "read from", run.mmio.phys_addr)};
        case KVM_EXIT_INTERNAL_ERROR:
            return {fmt::format("{} (suberror {})", name, run.internal.suberror)};
        case KVM_EXIT_FAIL_ENTRY:
            return {fmt::format("{} (hardware reason {:#x})", name,
                                run.fail_entry.hardware_entry_failure_reason)};
        case KVM_EXIT_UNKNOWN:
            return {fmt::format("{} (hardware reason {:#x})", name, run.hw.hardware_exit_reason)};
        case KVM_EXIT_SHUTDOWN:
            return {name + " (triple fault)"};
        case KVM_EXIT_SYSTEM_EVENT:
            return {fmt::format("{} (type {})", name, run.system_event.type)};
        default:
            return {name};
    }
}

}  // namespace nmistorm::machine
