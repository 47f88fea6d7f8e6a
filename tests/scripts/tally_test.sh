#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: tests/scripts/tally_test.sh SOURCE_DIR
# What scripts/test says in its last line and exit code, from results of ctest written by hand.
set -euo pipefail

tally=$1/scripts/tally
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
failed=0

passed() { echo "<testcase name=\"$1\" status=\"run\"><system-out>fine</system-out></testcase>"; }
broken() { echo "<testcase name=\"$1\" status=\"fail\"><failure message=\"\"/></testcase>"; }
# As CTest reports GTEST_SKIP() << "no i386 here".
skipped() {
    echo "<testcase name=\"$1\" status=\"notrun\"><skipped message=\"SKIP_REGULAR_EXPRESSION_MATCHED\"/><system-out>"
    printf '%s\n' "[ RUN      ] x" "a_test.cpp:7: Skipped" "no i386 here" "" "[  SKIPPED ] x (0 ms)" "</system-out></testcase>"
}
# write STAGE: test cases from stdin
write() { { echo '<?xml version="1.0"?><testsuite>' && cat && echo '</testsuite>'; } >"$results/$1.xml"; }

# expect EXIT_CODE PATTERN LAST_LINE ARGUMENT...: PATTERN is of a line that must be there.
expect() {
    local exit_code=$1 pattern=$2 last=$3 output status=0
    shift 3
    output=$("$tally" "$results" "$@") || status=$?
    if [[ $status != "$exit_code" || ${output##*$'\n'} != "$last" ]] || ! grep -q "$pattern" <<<"$output"; then
        printf '%s\n' "FAILED: tally $*" "wanted exit code $exit_code, '$pattern', '$last'; got $status and:" "$output"
        failed=1
    fi
}

printf '%s\n' '# least' 'release 2' 'asan 1' 'direct 1' >"$results/floor"
{ passed unit.a && passed unit.b; } | write release
{ passed vm.b && skipped vm.c; } | write direct
passed unit.a | write asan

expect 0 'vm.c: no i386 here' '4 passed, 0 failed, 1 skipped' "$results/floor" check:0 release:0 direct:0 asan:0
expect 0 '' '3 passed, 0 failed, 0 skipped' "$results/floor" check:0 release:0 asan:0
expect 1 'check failed' '4 passed, 1 failed, 1 skipped' "$results/floor" check:1 release:0 direct:0 asan:0
expect 1 'asan failed' '3 passed, 1 failed, 0 skipped' "$results/floor" check:0 release:0 asan:2
expect 1 'tsan failed' '2 passed, 1 failed, 0 skipped' "$results/floor" release:0 tsan:1

{ passed unit.a && broken vm.b && passed vm.d; } | write release
expect 1 '' '2 passed, 1 failed, 0 skipped' "$results/floor" release:8

skipped vm.c | write direct
expect 1 'direct: 0 tests ran' '0 passed, 1 failed, 1 skipped' "$results/floor" direct:0
expect 0 '' '0 passed, 0 failed, 1 skipped' - direct:0

passed vm.b | write release
expect 1 'release: 1 tests ran' '1 passed, 1 failed, 0 skipped' "$results/floor" release:0

exit "$failed"
