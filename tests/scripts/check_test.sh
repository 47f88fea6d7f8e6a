#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: tests/scripts/check_test.sh SOURCE_DIR
# In a copy of the sources, plants a violation of each rule of scripts/check, which must find it there.
# A copy without one must pass.
# shellcheck disable=SC2317  # append is called by plant
set -euo pipefail

sources=$1
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
failed=0

# A git hook that runs the tests sets its own repository in the environment.
unset "${!GIT_@}"
git -C "$sources" ls-files -coz --exclude-standard --deduplicate |
    tar -C "$sources" --null --files-from - --ignore-failed-read -cf - | tar -C "$copy" -xf -
cd "$copy"
commit() { git -c user.name=test -c user.email=test@localhost commit -q "$@"; }
git init -q
git add .
commit -m sources
# So that only what is planted differs from the previous commit.
commit -m nothing --allow-empty

fail() {
    echo "FAILED: $*"
    failed=1
}

append() { printf '%s\n' "$2" >>"$1"; }

# plant NAME WHERE COMMAND...: once COMMAND has run, `scripts/check NAME` must fail with a line that starts
# with WHERE.
plant() {
    local name=$1 where=$2 output
    shift 2
    "$@"
    if output=$(scripts/check "$name" 2>&1); then
        grep "^scripts/check: $name is skipped: " <<<"$output" || fail "$name let pass: $*"
    elif ! grep -q "^$where.*\[$name\]$" <<<"$output"; then
        fail "$name did not name $where after: $*"$'\n'"$output"
    fi
    git reset -q --hard
    git clean -qfd
}

scripts/check || fail "the sources as they are"

plant spdx harness/base/planted.h: append harness/base/planted.h 'int planted();'
plant reuse harness/base/planted.h: append harness/base/planted.h '// SPDX-''License-Identifier: Apache-2.0'
plant reuse harness/base/planted.h: append harness/base/planted.h '// "SPDX-''License-Identifier: GPL-2.0-or-later",'
plant exec scripts/storm: chmod -x scripts/storm
plant exec LICENSE: chmod +x LICENSE
plant docs harness/base/error.h: append harness/base/error.h '// planted '
plant docs planted.md: append planted.md 'Look in /''home/someone.'
plant paths harness/base/error.h: append harness/base/error.h '/// doctor/planted.h shows it.'
plant paths guest/arch/i386/start.S: append guest/arch/i386/start.S '        nop     /* see rcu/planted.cpp */'
# shellcheck disable=SC2016  # Markdown's quotes
plant paths HACKING.md: append HACKING.md 'Read `guest/<planted>/planted.h` too.'
plant yaml docs/ci/gitlab.yml: append docs/ci/gitlab.yml 'nmistorm-nested: {planted: twice}'
plant includes harness/base/error.h: append harness/base/error.h '#include "plan/run_plan.h"'
plant includes harness/engines/storm.h: append harness/engines/storm.h '#include "guests/abi/layout.h"'
plant includes harness/oracle/fact.h: append harness/oracle/fact.h '#include <kvm/vm.h>'
plant includes harness/plan/run_plan.h: append harness/plan/run_plan.h '#include <CLI/CLI.hpp>'
plant includes harness/report/json.cpp: append harness/report/json.cpp '#include <protozero/pbf_builder.hpp>'
plant includes harness/planted/planted.h: eval 'mkdir harness/planted && append harness/planted/planted.h "#include <string>"
    append harness/planted/planted.h "#include \"base/error.h\""'
plant includes include/nmistorm/abi/boot.h: append include/nmistorm/abi/boot.h '#include <vector>'
plant includes guest/nmi/nmi.h: append guest/nmi/nmi.h '#include "base/error.h"'
plant includes guest/nmi/nmi.h: append guest/nmi/nmi.h '#include "../harness/base/error.h"'
plant ioctl harness/base/fd.h: append harness/base/fd.h '#include <linux/kvm.h>'
plant ioctl harness/base/fd.h: append harness/base/fd.h 'inline int planted(int fd) { return ioctl(fd, 0); }'
plant offsets guest/arch/i386/nmi_entry.S: append guest/arch/i386/nmi_entry.S '        incl    %gs:4'
plant offsets tests/vm/guests/guest.inc: append tests/vm/guests/guest.inc '        mov     %fs:-(0x10), %eax'
plant offsets guest/arch/x86.h: append guest/arch/x86.h 'inline void planted() { __asm__("incl %%gs:8"); }'
# shellcheck disable=SC2016  # this is the violation
plant shellcheck scripts/storm: append scripts/storm 'echo $1'
plant format harness/base/error.h: append harness/base/error.h 'int  planted ( );'
plant nmi-safety guest/nmi/nmi.cpp: append guest/nmi/nmi.cpp 'void take_lock(); void locks() { take_lock(); }'
plant nmi-safety guest/main.cpp: append guest/main.cpp 'void uses_sse() { __asm__("pxor %xmm0, %xmm0"); }'
plant nmi-safety guest/main.cpp: append guest/main.cpp 'void uses_x87() { __asm__("fninit"); }'
plant nmi-safety 'no object is made from guest/nmi' git mv guest/nmi/nmi.cpp guest/work/
plant tidy harness/base/planted.cpp: append harness/base/planted.cpp 'int planted(int x) { if (x) return 1; return 0; }'
plant tidy tests/planted.cpp: append tests/planted.cpp 'int nobody_compiles_this;'

exit "$failed"
