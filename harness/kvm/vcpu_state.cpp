// SPDX-License-Identifier: GPL-2.0-or-later
#include "kvm/vcpu_state.h"

#include <algorithm>
#include <cstring>
#include <span>

#include <fmt/format.h>

#include "kvm/system.h"
#include "kvm/vcpu.h"

namespace nmistorm::kvm {
namespace {

constexpr std::uint32_t ia32_tsc = 0x10;
constexpr std::size_t msrs_at_once = 256;  // MAX_IO_MSRS in arch/x86/kvm/x86.c

/// struct kvm_msrs with @p entries, at most msrs_at_once.
class MsrBuffer {
  public:
    explicit MsrBuffer(std::span<const kvm_msr_entry> entries)
        : storage_(sizeof(kvm_msrs) + entries.size_bytes()) {
        header().nmsrs = static_cast<unsigned>(entries.size());
        std::memcpy(storage_.data() + sizeof(kvm_msrs), entries.data(), entries.size_bytes());
    }

    kvm_msrs& header() { return *reinterpret_cast<kvm_msrs*>(storage_.data()); }
    void read(std::span<kvm_msr_entry> entries) const {
        std::memcpy(entries.data(), storage_.data() + sizeof(kvm_msrs), entries.size_bytes());
    }

  private:
    std::vector<std::byte> storage_;
};

/// For KVM_VCPU_TSC_OFFSET, at @p value.
kvm_device_attr tsc_offset_attribute(std::uint64_t& value) {
    kvm_device_attr attribute{};
    attribute.group = KVM_VCPU_TSC_CTRL;
    attribute.attr = KVM_VCPU_TSC_OFFSET;
    attribute.addr = reinterpret_cast<std::uint64_t>(&value);
    return attribute;
}

}  // namespace

const StateOrder& right_order() {
    using enum StatePart;
    static const StateOrder order = {{mp_state, regs, sregs, xsave, xcrs, debug_regs, lapic, msrs, events},
                                     {regs, sregs, mp_state, xsave, xcrs, debug_regs, lapic, msrs, events}};
    return order;
}

void require_state(const System& system, const char* use) {
    system.require(KVM_CAP_XSAVE, "KVM_CAP_XSAVE", use);
    system.require(KVM_CAP_XCRS, "KVM_CAP_XCRS", use);
    system.require(KVM_CAP_DEBUGREGS, "KVM_CAP_DEBUGREGS", use);
    system.require(KVM_CAP_ADJUST_CLOCK, "KVM_CAP_ADJUST_CLOCK", use);
}

std::vector<kvm_msr_entry> Vcpu::msrs(const std::vector<std::uint32_t>& indices) const {
    std::vector<kvm_msr_entry> got(indices.size());
    for (std::size_t i = 0; i < indices.size(); ++i) {
        got[i].index = indices[i];
    }
    // KVM stops at one that this vCPU does not have: it lists all that some vCPU could have.
    std::size_t read = 0;
    while (read < got.size()) {
        const std::span rest(got.begin() + static_cast<std::ptrdiff_t>(read),
                             std::min(got.size() - read, msrs_at_once));
        MsrBuffer buffer(rest);
        const auto done =
            static_cast<std::size_t>(NMISTORM_KVM(fd_.get(), KVM_GET_MSRS, buffer.header(), who_));
        buffer.read(rest.first(done));
        read += done;
        if (done < rest.size()) {
            got.erase(got.begin() + static_cast<std::ptrdiff_t>(read));
        }
    }
    return got;
}

std::optional<std::uint64_t> Vcpu::tsc_offset() const {
    std::uint64_t offset = 0;
    kvm_device_attr attribute = tsc_offset_attribute(offset);
    const auto argument = reinterpret_cast<unsigned long>(&attribute);
    if (try_request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_HAS_DEVICE_ATTR), argument) != 0) {
        return std::nullopt;
    }
    request(fd_.get(), NMISTORM_KVM_REQUEST(KVM_GET_DEVICE_ATTR), argument, who_ + ", the TSC's offset");
    return offset;
}

void Vcpu::set_tsc_offset(std::uint64_t offset) {
    kvm_device_attr attribute = tsc_offset_attribute(offset);
    NMISTORM_KVM(fd_.get(), KVM_SET_DEVICE_ATTR, attribute, who_ + ", the TSC's offset");
}

void Vcpu::set_msrs(const std::vector<kvm_msr_entry>& msrs) {
    std::span<const kvm_msr_entry> rest = msrs;
    while (!rest.empty()) {
        MsrBuffer buffer(rest.first(std::min(rest.size(), msrs_at_once)));
        const unsigned asked = buffer.header().nmsrs;
        const auto done =
            static_cast<std::size_t>(NMISTORM_KVM(fd_.get(), KVM_SET_MSRS, buffer.header(), who_));
        rest = rest.subspan(done);
        if (done == asked) {
            continue;
        }
        // Some cannot be written, not even with what they hold.
        const std::vector<kvm_msr_entry> holds = this->msrs({rest.front().index});
        if (holds.empty() || holds.front().data != rest.front().data) {
            throw Error(fmt::format("KVM_SET_MSRS ({}) refused MSR {:#x} = {:#x}, which KVM_GET_MSRS gave",
                                    who_, rest.front().index, std::uint64_t{rest.front().data}));
        }
        rest = rest.subspan(1);
    }
}

// The parts that one struct holds, and the ends of their requests' names.
#define NMISTORM_PLAIN_PARTS(part)                                                \
    part(mp_state, MP_STATE) part(regs, REGS) part(sregs, SREGS) part(xcrs, XCRS) \
        part(debug_regs, DEBUGREGS) part(lapic, LAPIC) part(events, VCPU_EVENTS)

void Vcpu::save(StatePart part, const std::vector<std::uint32_t>& msr_indices, VcpuState& to) const {
    switch (part) {
#define NMISTORM_SAVE(name, NAME)                               \
    case StatePart::name:                                       \
        NMISTORM_KVM(fd_.get(), KVM_GET_##NAME, to.name, who_); \
        break;
        NMISTORM_PLAIN_PARTS(NMISTORM_SAVE)
#undef NMISTORM_SAVE
        case StatePart::xsave:
            NMISTORM_KVM(fd_.get(), KVM_GET_XSAVE, reinterpret_cast<kvm_xsave&>(to.xsave), who_);
            break;
        case StatePart::msrs:
            to.msrs = msrs(msr_indices);
            to.tsc_offset = tsc_offset();
            if (to.tsc_offset) {
                std::erase_if(to.msrs, [](const kvm_msr_entry& msr) { return msr.index == ia32_tsc; });
            }
            break;
    }
}

void Vcpu::restore(StatePart part, const VcpuState& from) {
    // The requests' arguments are not const, so each gets a copy.
    switch (part) {
#define NMISTORM_RESTORE(name, NAME)                         \
    case StatePart::name: {                                  \
        auto copy = from.name;                               \
        NMISTORM_KVM(fd_.get(), KVM_SET_##NAME, copy, who_); \
        break;                                               \
    }
        NMISTORM_PLAIN_PARTS(NMISTORM_RESTORE)
#undef NMISTORM_RESTORE
        case StatePart::xsave: {
            alignas(kvm_xsave) auto copy = from.xsave;
            NMISTORM_KVM(fd_.get(), KVM_SET_XSAVE, reinterpret_cast<kvm_xsave&>(copy), who_);
            break;
        }
        case StatePart::msrs:
            if (from.tsc_offset) {  // first: a deadline is compared with the TSC
                set_tsc_offset(*from.tsc_offset);
            }
            set_msrs(from.msrs);
            break;
    }
}
#undef NMISTORM_PLAIN_PARTS

}  // namespace nmistorm::kvm
