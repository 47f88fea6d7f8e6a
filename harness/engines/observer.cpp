// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines/observer.h"

#include <utility>

namespace nmistorm::engines {

Observer::Observer(unsigned vcpus, guests::Guest& guest, Record record)
    : record_(std::move(record)), judge_(vcpus) {
    guest.tell({.fact =
                    [this](const oracle::At& at, const oracle::Fact& fact) {
                        judge_.take(at, fact);
                        if (record_) {
                            record_(oracle::Recorded{at, fact}, judge_);
                        }
                    },
                .gap = [this] { note(oracle::Gap{}); },
                .sample = [this](const oracle::Sample& sample) { note(sample); }});
}

void Observer::note(const oracle::Record& record) {
    judge_.take(record);
    if (record_) {
        record_(record, judge_);
    }
}

}  // namespace nmistorm::engines
