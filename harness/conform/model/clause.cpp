// SPDX-License-Identifier: GPL-2.0-or-later
#include "conform/model/clause.h"

namespace nmistorm::conform::model {
namespace {

struct Row {
    std::string_view name, source, right, wrong;
};
constexpr Row rows[] = {
#define NMISTORM_CLAUSE(enumerator, name, source, right, wrong) {name, source, right, wrong},
#include "conform/model/clause.def"
};

const Row& row(Clause clause) {
    return rows[static_cast<std::size_t>(clause)];
}

}  // namespace

std::string_view name(Clause clause) {
    return row(clause).name;
}
std::string_view source(Clause clause) {
    return row(clause).source;
}
std::string_view right(Clause clause) {
    return row(clause).right;
}
std::string_view wrong(Clause clause) {
    return row(clause).wrong;
}

Switches Switches::without(const std::vector<Clause>& clauses) {
    Switches switches = perhaps_without(clauses);
    switches.broken_ = switches.breaks_;
    return switches;
}

Switches Switches::perhaps_without(const std::vector<Clause>& clauses) {
    Switches switches;
    for (const Clause clause : clauses) {
        switches.breaks_.set(static_cast<std::size_t>(clause));
    }
    return switches;
}

}  // namespace nmistorm::conform::model
