// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <bitset>
#include <cstddef>
#include <string_view>
#include <vector>

namespace nmistorm::conform::model {

/// One promise of the architecture or of KVM's API (clause.def).
enum class Clause {
#define NMISTORM_CLAUSE(enumerator, name, source, right, wrong) enumerator,
#include "conform/model/clause.def"
};
inline constexpr Clause all_clauses[] = {
#define NMISTORM_CLAUSE(enumerator, name, source, right, wrong) Clause::enumerator,
#include "conform/model/clause.def"
};
inline constexpr std::size_t clause_count = std::size(all_clauses);

std::string_view name(Clause clause);    ///< "one-latched"
std::string_view source(Clause clause);  ///< where it is written
std::string_view right(Clause clause);   ///< what it says
std::string_view wrong(Clause clause);   ///< what happens where it is broken

/// Which clauses a model keeps. All of them, unless it is to be wrong: in tests, or to find out which broken
/// clause explains what was seen.
class Switches {
  public:
    Switches() = default;
    /// Breaks @p clauses each time.
    static Switches without(const std::vector<Clause>& clauses);
    /// May break @p clauses or keep them, each time anew.
    static Switches perhaps_without(const std::vector<Clause>& clauses);

    [[nodiscard]] bool may_keep(Clause clause) const { return !broken_[static_cast<std::size_t>(clause)]; }
    [[nodiscard]] bool may_break(Clause clause) const { return breaks_[static_cast<std::size_t>(clause)]; }

  private:
    std::bitset<clause_count> broken_;
    std::bitset<clause_count> breaks_;
};

}  // namespace nmistorm::conform::model
