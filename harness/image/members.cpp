// SPDX-License-Identifier: GPL-2.0-or-later
// The offset of a struct's member, from DWARF.
#include <dwarf.h>

#include "image/debug.h"

namespace nmistorm::image {
namespace {

// The image comes from outside: its references may lead in circles.
constexpr unsigned children_most = 100'000;
constexpr unsigned names_most = 100;  // of one type

/// The child of @p parent with this tag and name; false if there is none.
bool find_child(Dwarf_Die& parent, const std::string& name, bool (*is_wanted)(int tag), Dwarf_Die& found) {
    if (dwarf_child(&parent, &found) != 0) {
        return false;
    }
    unsigned left = children_most;
    do {
        const char* own = dwarf_diename(&found);
        if (own != nullptr && name == own && is_wanted(dwarf_tag(&found))) {
            return true;
        }
    } while (dwarf_siblingof(&found, &found) == 0 && --left != 0);
    return false;
}

bool is_type(int tag) {
    return tag == DW_TAG_structure_type || tag == DW_TAG_class_type;
}

bool is_member(int tag) {
    return tag == DW_TAG_member;
}

/// Replaces @p type, a struct, by the type of its member @p name and returns that member's offset.
std::optional<std::uint64_t> enter(Dwarf_Die& type, const std::string& name) {
    Dwarf_Die member;
    Dwarf_Attribute attribute;
    Dwarf_Word offset = 0;
    if (!find_child(type, name, is_member, member) ||
        dwarf_formudata(dwarf_attr(&member, DW_AT_data_member_location, &attribute), &offset) != 0 ||
        dwarf_formref_die(dwarf_attr(&member, DW_AT_type, &attribute), &type) == nullptr) {
        return std::nullopt;
    }
    unsigned left = names_most;
    while (dwarf_tag(&type) == DW_TAG_typedef || dwarf_tag(&type) == DW_TAG_const_type) {
        if (--left == 0 || dwarf_formref_die(dwarf_attr(&type, DW_AT_type, &attribute), &type) == nullptr) {
            return std::nullopt;
        }
    }
    return offset;
}

std::optional<std::uint64_t> offset_in(Dwarf_Die type, std::string path) {
    std::uint64_t sum = 0;
    while (true) {
        const std::size_t dot = path.find('.');
        const auto offset = enter(type, path.substr(0, dot));
        if (!offset) {
            return std::nullopt;
        }
        sum += *offset;
        if (dot == std::string::npos) {
            return sum;
        }
        path.erase(0, dot + 1);
    }
}

}  // namespace

std::optional<std::uint64_t> Debug::member_offset(const std::string& type, const std::string& path) {
    read();
    Dwarf_Off next = 0;
    std::size_t header = 0;
    for (Dwarf_Off at = 0;
         dwarf_ != nullptr && dwarf_nextcu(dwarf_, at, &next, &header, nullptr, nullptr, nullptr) == 0;
         at = next) {
        Dwarf_Die unit;
        Dwarf_Die found;
        if (dwarf_offdie(dwarf_, at + header, &unit) != nullptr && find_child(unit, type, is_type, found)) {
            if (const auto offset = offset_in(found, path)) {
                return offset;
            }
        }
    }
    return std::nullopt;
}

}  // namespace nmistorm::image
