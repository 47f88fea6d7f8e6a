#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: tests/scripts/model_test.sh SOURCE_DIR
# tests/model/run must accept neither a false proof nor the counterexample of another rule: runs a copy
# with wrong claims and with searches that are cut short.
# shellcheck disable=SC2317  # the functions are called by plant
set -euo pipefail

sources=$1
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
failed=0
mkdir "$copy/scripts" "$copy/tests"

restore() {
    rm -rf "$copy/tests/model"
    cp "$sources/scripts/lib.sh" "$copy/scripts/"
    cp -r "$sources/tests/model" "$copy/tests/"
}
claim() { echo "planted $*" >"$copy/tests/model/variants"; }
edit() { sed -i "$2" "$copy/tests/model/$1"; }

# plant PATTERN COMMAND...: once COMMAND has run, `tests/model/run` must fail with a line that matches PATTERN.
plant() {
    local pattern=$1 output
    shift
    restore
    "$@"
    if output=$("$copy/tests/model/run" 2>&1); then
        echo "FAILED: run let pass: $*"
        failed=1
    elif ! grep -q "$pattern" <<<"$output"; then
        echo "FAILED: run did not say '$pattern' after: $*"$'\n'"$output"
        failed=1
    fi
}

restore
claim verified -DX86 -DWRAP=2
"$copy/tests/model/run"
claim reclaim -DX86 -DSKIP_GRACE_PERIOD
"$copy/tests/model/run"

plant 'FAILED: wanted a search' claim verified -DX86 -DWRAP=2 -DSKIP_GRACE_PERIOD
plant 'FAILED: wanted a counterexample' claim reclaim -DX86
plant 'FAILED: wanted a counterexample' claim publish -DX86 -DSKIP_GRACE_PERIOD
plant 'no variant is called nothing' eval 'claim verified -DX86 -DWRAP=2; edit run "s/wanted=()/wanted=(nothing)/"'
plant 'rror' claim verified -DX86 -DWRAP=2 '-DNEVER=('

claim_x86_but() { claim verified -DX86 -DWRAP=2 && edit "$@"; }
plant 'FAILED: wanted a search' claim_x86_but run 's/-m1000000/-m1000/'
plant 'FAILED: wanted a search' claim_x86_but run 's/^memory_limit=.*/memory_limit=150/'
plant 'FAILED: wanted a search' claim_x86_but run 's/-DSAFETY/-DSAFETY -DBITSTATE/'
plant 'FAILED: wanted a search' claim_x86_but run 's/-DSAFETY/-DSAFETY -DHC4/'
plant 'FAILED: some of the model never ran' claim_x86_but nmi_rcu.pml 's/:: rcu_sched_qs()/:: false -> rcu_sched_qs()/'

exit "$failed"
