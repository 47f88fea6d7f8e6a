// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/temporary_name.h"

#include <unistd.h>

#include <utility>

namespace nmistorm::report {
namespace {

// A signal handler walks this list at any time. So whoever is to be found is whole before it is linked in,
// and is linked out, with one store, before it goes.
std::atomic<TemporaryName*> first = nullptr;
static_assert(std::atomic<TemporaryName*>::is_always_lock_free, "else a signal handler may not read it");

}  // namespace

TemporaryName::TemporaryName(std::string path) : path_(std::move(path)), next_(first.load()) {
    first = this;
}

TemporaryName::~TemporaryName() {
    unlink(path());
    std::atomic<TemporaryName*>* link = &first;
    while (link->load() != this) {
        link = &link->load()->next_;
    }
    link->store(next_);
}

void remove_temporaries() {
    for (const TemporaryName* each = first; each != nullptr; each = each->next_) {
        unlink(each->path());
    }
}

}  // namespace nmistorm::report
