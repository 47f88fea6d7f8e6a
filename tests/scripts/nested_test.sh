#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: tests/scripts/nested_test.sh SOURCE_DIR PROGRAM
# The message and exit code of scripts/nested if its machine cannot start or fails. The machine is a stand-in for
# QEMU; PROGRAM is any executable that needs no libraries.
set -euo pipefail

nested=$(realpath "$1")/scripts/nested program=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/bin" "$work/boot" "$work/modules" "$work/here"
echo 'not run' >"$work/boot/vmlinuz"
: >"$work/modules/kvm-amd.ko"
failed=0

# qemu: the stand-in's body comes from stdin. It runs in the machine's folder: `console`, `out`, `err` are its ports,
# stdin and stdout the control port.
qemu() { { echo '#!/bin/bash' && cat; } >"$work/bin/qemu-system-x86_64" && chmod +x "$work/bin/qemu-system-x86_64"; }

# expect CODE PATTERN ARG...: exit code, and a line of stderr.
expect() {
    local code=$1 pattern=$2 status=0
    shift 2
    (cd "$work/here" && PATH=$work/bin:$PATH exec "$nested" "$@") >"$work/out" 2>"$work/err" </dev/null || status=$?
    if [[ $status != "$code" ]] || { [[ $pattern ]] && ! grep -qe "$pattern" "$work/err"; }; then
        printf '%s\n' "FAILED: nested $*" "wanted exit code $code and '$pattern', got $status and:"
        cat "$work/err"
        failed=1
    fi
}
machine=(--kernel "$work/boot/vmlinuz" --modules "$work/modules" --exec "$program")

qemu <<<'echo hello; printf "so it\n is" >>out; echo "exit 7"; cat >/dev/null'
expect 7 '' "${machine[@]}"
if [[ $(cat "$work/out" && echo .) != $'so it\n is.' ]]; then
    echo "FAILED: stdout came as '$(cat "$work/out")'"
    failed=1
fi

# Wrong calls are reported before anything starts.
qemu <<<'echo "started, although it should not have been" >&2'
expect 2 '--kernel takes a series and a flavour' --kernel six storm
expect 2 '--kernel .*nowhere/vmlinuz: no such file' --kernel "$work/nowhere/vmlinuz" storm
expect 2 'no such folder; say with --modules' --kernel "$work/boot/vmlinuz" --exec "$program"
expect 2 '--smp takes a number of CPUs' --smp none storm
expect 2 '--memory takes a size' --memory lots storm
expect 2 'too little to boot in' --memory 64M storm
expect 77 'not enough memory: --memory 900000G' --memory 900000G storm
expect 2 '--exec .*: no such executable' --exec "$work/boot/vmlinuz"
expect 2 '--with .*: no such file' --with "$work/nowhere" storm
expect 2 '--kernel needs a value' --kernel

# Machines that fail; the end of the console is shown.
qemu <<<'echo "Kernel panic - not syncing: no init" >>console'
expect 3 "machine's kernel panicked: no init" "${machine[@]}"
expect 3 '^  Kernel panic' "${machine[@]}"
qemu <<<'echo "stuck here" >>console; exec sleep 1000'
expect 3 'the machine hangs: it said nothing for 1 seconds$' "${machine[@]}" --patience 1
expect 3 '^  stuck here' "${machine[@]}" --patience 1
qemu <<<'echo hello; exec sleep 1000'
expect 3 'said nothing for 1 seconds while the program ran' "${machine[@]}" --patience 1
qemu <<<'echo "lacks /dev/kvm"; cat >/dev/null'
expect 77 'the machine lacks /dev/kvm' "${machine[@]}"
qemu <<<'echo "cannot do that" >&2; exit 1'
expect 3 'QEMU failed: cannot do that' "${machine[@]}"
qemu <<<'kill -KILL $$'
expect 3 'QEMU was killed by signal 9' "${machine[@]}"
qemu <<<':'
expect 3 'the machine ended without a word' "${machine[@]}"

# After SIGINT it ends and leaves no machine behind.
mkfifo "$work/ready"
qemu <<<"echo hello; echo \$\$ >'$work/ready'; read -r signal; echo 'exit 130'; cat >/dev/null"
(
    cd "$work/here"
    trap - INT # a shell's background process ignores it
    PATH=$work/bin:$PATH exec "$nested" "${machine[@]}"
) >"$work/out" 2>"$work/err" </dev/null &
running=$! status=0
read -r inside <"$work/ready"
kill -INT "$running"
wait "$running" || status=$?
if [[ $status != 130 ]] || kill -0 "$inside" 2>/dev/null; then
    echo "FAILED: after SIGINT the exit code was $status"
    cat "$work/err"
    failed=1
fi

exit "$failed"
