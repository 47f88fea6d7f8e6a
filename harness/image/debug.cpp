// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/debug.h"

#include <cxxabi.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace nmistorm::image {
namespace {

std::string demangle(const char* name) {
    if (!std::string_view(name).starts_with("_Z")) {
        return name;  // "x" would become a type's name
    }
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                      std::free);
    return status == 0 ? text.get() : name;
}

}  // namespace

Debug::Debug(std::span<const std::byte> bytes) : bytes_(bytes.begin(), bytes.end()) {
    elf_version(EV_CURRENT);
    elf_ = elf_memory(reinterpret_cast<char*>(bytes_.data()), bytes_.size());
}

Debug::~Debug() {
    dwarf_end(dwarf_);
    elf_end(elf_);
}

std::string Symbol::base_name() const {
    constexpr std::string_view anonymous = "(anonymous namespace)::";
    std::string_view text = name;
    if (text.starts_with(anonymous)) {
        text.remove_prefix(anonymous.size());
    }
    return std::string(text.substr(0, text.find('(')));
}

void Debug::read() {
    if (!read_) {
        read_ = true;
        read_symbols();
        dwarf_ = dwarf_begin_elf(elf_, DWARF_C_READ, nullptr);
    }
}

std::string Debug::describe(GuestVirt address) {
    read();
    return text(find(address), address, line(address));
}

std::string Debug::describe_return(GuestVirt address) {
    read();
    const GuestVirt call{address.value - 1};
    return text(find(call), address, line(call));
}

std::string Debug::text(const Symbol* symbol, GuestVirt address, const std::string& source) {
    const std::uint64_t offset = symbol == nullptr ? 0 : address.value - symbol->address.value;
    std::string where = symbol == nullptr ? "" : symbol->name;
    where += offset == 0 ? "" : fmt::format("+{:#x}", offset);
    if (where.empty() && source.empty()) {
        return fmt::format("{:#x}", address.value);
    }
    return where + (where.empty() || source.empty() ? "" : " ") + source;
}

const Symbol* Debug::symbol_at(GuestVirt address) {
    read();
    return find(address);
}

const std::vector<Symbol>& Debug::symbols() {
    read();
    return symbols_;
}

void Debug::read_symbols() {
    for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf_, section)) != nullptr;) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_SYMTAB ||
            header.sh_entsize == 0) {
            continue;
        }
        Elf_Data* data = elf_getdata(section, nullptr);
        GElf_Sym symbol;
        for (int i = 0; data != nullptr && gelf_getsym(data, i, &symbol) != nullptr; ++i) {
            const char* name = elf_strptr(elf_, header.sh_link, symbol.st_name);
            const auto type = GELF_ST_TYPE(symbol.st_info);
            if (name != nullptr && *name != '\0' && symbol.st_shndx != SHN_UNDEF &&
                (type == STT_FUNC || type == STT_OBJECT)) {
                symbols_.push_back(
                    {demangle(name), GuestVirt{symbol.st_value}, symbol.st_size, type == STT_FUNC});
            }
        }
    }
    std::ranges::stable_sort(symbols_, {}, &Symbol::address);
}

const Symbol* Debug::find(GuestVirt address) const {
    auto next = std::ranges::upper_bound(symbols_, address, {}, &Symbol::address);
    if (next == symbols_.begin()) {
        return nullptr;
    }
    const Symbol& found = *--next;
    return address.value - found.address.value < std::max<std::uint64_t>(found.size, 1) ? &found : nullptr;
}

std::string Debug::line(GuestVirt address) const {
    Dwarf_Die unit;
    if (dwarf_ == nullptr || dwarf_addrdie(dwarf_, address.value, &unit) == nullptr) {
        return {};
    }
    Dwarf_Line* found = dwarf_getsrc_die(&unit, address.value);
    const char* file = found != nullptr ? dwarf_linesrc(found, nullptr, nullptr) : nullptr;
    int number = 0;
    if (file == nullptr || dwarf_lineno(found, &number) != 0) {
        return {};
    }
    return fmt::format("{}:{}", file, number);
}

}  // namespace nmistorm::image
