#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: tests/scripts/tally_test.sh SOURCE_DIR
# The closing lines and the exit code of scripts/test for results written by hand.
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
# As GoogleTest reports a test by itself.
gtest_passed() { echo "<testcase name=\"${1#*.}\" classname=\"${1%%.*}\" status=\"run\"/>"; }
# write STAGE: test cases from stdin
write() { { echo '<?xml version="1.0"?><testsuite>' && cat && echo '</testsuite>'; } >"$results/$1.xml"; }

# expect EXIT_CODE PATTERN LAST_LINE ARGUMENT...: a line must match PATTERN.
expect() {
    local exit_code=$1 pattern=$2 last=$3 output status=0
    shift 3
    output=$("$tally" "$results" "$@") || status=$?
    if [[ $status != "$exit_code" || ${output##*$'\n'} != "$last" ]] || ! grep -q "$pattern" <<<"$output"; then
        printf '%s\n' "FAILED: tally $*" "wanted exit code $exit_code, '$pattern', '$last'; got $status and:" "$output"
        failed=1
    fi
}

names=$results/names
printf '%s\n' '# comment' 'unit.A.a asan host' 'unit.A.b asan host' 'vm.A.b direct nested' 'vm.A.c ~direct nested' >"$names"
{ passed unit.A.a && passed unit.A.b; } | write host
{ passed vm.A.b && skipped vm.A.c; } | write direct
{ gtest_passed A.b && gtest_passed A.c; } | write nested-6.1.vm
gtest_passed A.a | write asan.unit_a
gtest_passed A.b | write asan.unit_b
host='host|host|0|' direct='direct|direct|0|kvm_pvm' nested='nested-6.1|nested|0|kvm_amd of 6.1' asan='asan|asan|0|'

all=("$host" "$direct" "$nested" "$asan")
expect 0 'vm.A.c: no i386 here' '7 passed, 0 failed, 1 skipped' "$names" 'check||0|' "${all[@]}"
expect 0 '^lane direct: 1 tests on kvm_pvm$' '7 passed, 0 failed, 1 skipped' "$names" "${all[@]}"
expect 0 '^lane nested: 2 tests on kvm_amd of 6.1$' '7 passed, 0 failed, 1 skipped' "$names" "${all[@]}"
expect 0 '^lane direct: did not run: no /dev/kvm$' '6 passed, 0 failed, 0 skipped' "$names" "$host" \
    '|direct||no /dev/kvm' "$nested" "$asan"
expect 1 'no test ran on a vCPU' '2 passed, 1 failed, 0 skipped' "$names" "$host"
expect 1 'check failed with exit code 1' '7 passed, 1 failed, 1 skipped' "$names" 'check||1|' "${all[@]}"
expect 1 'nested-6.1 failed with exit code 77' '7 passed, 1 failed, 1 skipped' "$names" "$host" "$direct" "$asan" \
    'nested-6.1|nested|77|'
# One that ended badly after its tests had passed, as where a sanitizer finds a leak.
echo 'unit_a ended with 23: SUMMARY: 8 bytes leaked' >"$results/asan.died"
expect 1 '^FAILED asan: unit_a ended with 23: SUMMARY: 8 bytes leaked$' '7 passed, 1 failed, 1 skipped' "$names" "$host" \
    "$direct" "$nested" 'asan|asan|123|'
rm "$results/asan.died"
# A program that died without results: its tests are missing.
expect 1 'nested-6.12: vm.A.b did not run' '3 passed, 3 failed, 1 skipped' "$names" "$host" "$direct" 'nested-6.12|nested|3|'
rm "$results/asan.unit_b.xml"
expect 1 'asan: unit.A.b did not run' '6 passed, 1 failed, 1 skipped' "$names" "${all[@]}"
gtest_passed A.b | write asan.unit_b

# Missing, new, twice, or skipped where that is not allowed.
passed vm.A.b | write direct
expect 1 'direct: vm.A.c did not run' '7 passed, 1 failed, 0 skipped' "$names" "${all[@]}"
{ passed vm.A.b && passed vm.A.c && passed vm.A.d; } | write direct
expect 1 'direct: vm.A.d is not in tests/names' '9 passed, 1 failed, 0 skipped' "$names" "${all[@]}"
{ passed vm.A.b && passed vm.A.b && passed vm.A.c; } | write direct
expect 1 'direct: vm.A.b ran 2 times' '9 passed, 1 failed, 0 skipped' "$names" "${all[@]}"
{ skipped vm.A.b && passed vm.A.c; } | write direct
expect 1 'direct: vm.A.b was skipped' '7 passed, 1 failed, 1 skipped' "$names" "${all[@]}"
{ passed vm.A.b && broken vm.A.c; } | write direct
expect 1 '' '7 passed, 1 failed, 0 skipped' "$names" "$host" 'direct|direct|8|' "$nested" "$asan"

# Of a spread lane, the stages together run each test once.
printf '%s\n' 'vm.A.b spread' 'vm.A.c spread' >"$names"
gtest_passed A.b | write spread-1.vm
gtest_passed A.c | write spread-2.vm
spread=('spread-1|spread|0|kvm_amd of 1' 'spread-2|spread|0|kvm_amd of 2')
expect 0 '^lane spread: 1 tests on kvm_amd of 2$' '2 passed, 0 failed, 0 skipped' "$names" "${spread[@]}"
expect 1 'spread: vm.A.c did not run' '1 passed, 1 failed, 0 skipped' "$names" "${spread[0]}"
gtest_passed A.b | write spread-2.vm
expect 1 'spread: vm.A.b ran 2 times' '2 passed, 2 failed, 0 skipped' "$names" "${spread[@]}"

# A selection by name is not compared with the list.
skipped vm.A.c | write release
expect 0 '' '0 passed, 0 failed, 1 skipped' - 'release||0|'

exit "$failed"
