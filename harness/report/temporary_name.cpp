// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/temporary_name.h"

#include <unistd.h>

#include <utility>

namespace nmistorm::report {
namespace {

// A signal handler walks this list at any time. So a name is complete before it is linked in,
// and is unlinked by one store before it is destroyed.
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
