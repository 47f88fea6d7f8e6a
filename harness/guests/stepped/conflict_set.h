// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "guests/stepped/stepped_guest.h"
#include "oracle/exploration.h"

namespace nmistorm::guests {

using oracle::TouchedWord;

/// The words of guest memory that more than one actor (a vCPU, in an NMI handler or not) accesses, if at
/// least one of them writes. They are found by observing each access.
///
/// Why it is enough to switch vCPUs and deliver NMIs only before instructions that access such words: an
/// instruction that accesses none neither changes anything that another vCPU or handler reads nor reads
/// anything that they change. So a switch or an NMI just before it can be moved to just after it without
/// effect on any value that is read, and so on up to the next instruction that accesses a shared word, or to
/// where the vCPU stops. That costs no more preemptions. What an NMI saves and restores of the interrupted
/// code would be an exception, but the rule `nesting` checks at each NMI that everything is restored. A
/// handler whose effect depends on what it interrupted, on regs->ip for example, is an exception: such a
/// guest needs Reduction::none.
///
/// It is sound to find the words while exploring: an exploration that finds a new one begins again with it,
/// until it finds none. So in the last exploration no word that was taken for private was shared in any state
/// that it reached. If a schedule shared such a word nevertheless, the first one to do so would be equal up
/// to that point to an explored schedule, so that the exploration would have found it.
class ConflictSet {
  public:
    /// @p size of guest memory in bytes.
    explicit ConflictSet(std::uint64_t size) : words_(size / word_size) {}

    /// Records that @p actor (cpu * 2, + 1 in an NMI) makes @p access. Returns true if a word became shared.
    bool record(unsigned actor, const Access& access) {
        bool news = false;
        for (std::uint64_t word = first(access); word <= last(access); ++word) {
            Word& seen = words_[word];
            const Word before = seen;
            const auto bit = static_cast<std::uint16_t>(1U << actor);
            seen.readers = static_cast<std::uint16_t>(seen.readers | (access.read ? bit : 0));
            seen.writers = static_cast<std::uint16_t>(seen.writers | (access.written ? bit : 0));
            news |= shared(seen) && !shared(before);
        }
        return news;
    }

    [[nodiscard]] bool touches(const Access& access) const {
        for (std::uint64_t word = first(access); word <= last(access); ++word) {
            if (shared(words_[word])) {
                return true;
            }
        }
        return false;
    }

    /// All words that were accessed, by ascending address.
    [[nodiscard]] std::vector<TouchedWord> all() const {
        std::vector<TouchedWord> touched;
        for (std::uint64_t word = 0; word < words_.size(); ++word) {
            const Word& seen = words_[word];
            if ((seen.readers | seen.writers) != 0) {
                touched.push_back({static_cast<std::uint32_t>(word * word_size), seen.readers, seen.writers});
            }
        }
        return touched;
    }
    /// Adds what was already known about a word of guest memory.
    void add(const TouchedWord& word) { words_[word.address / word_size] = {word.readers, word.writers}; }

    static constexpr std::uint64_t word_size = TouchedWord::size;

  private:
    struct Word {
        std::uint16_t readers = 0;
        std::uint16_t writers = 0;
    };
    static bool shared(const Word& word) {
        const unsigned users = word.readers | word.writers;
        return word.writers != 0 && (users & (users - 1)) != 0;
    }
    static std::uint64_t first(const Access& access) { return access.address / word_size; }
    static std::uint64_t last(const Access& access) { return (access.address + access.size - 1) / word_size; }

    std::vector<Word> words_;
};

}  // namespace nmistorm::guests
