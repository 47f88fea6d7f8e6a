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
printf 'depends=\0parm=vgif:bool\0parm=avic:bool\0' >"$work/modules/kvm-amd.ko"
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
expect 2 "--vendor takes amd or intel, not 'via'" --vendor via storm
expect 2 'QEMU emulates no VMX: --vendor intel takes --emulator bochs' --vendor intel --emulator qemu storm
expect 2 "--module takes a parameter of a kernel module like kvm-intel.vnmi=0, not 'vnmi=0'" --module vnmi=0 storm
expect 2 "this kernel's kvm_amd has only avic, vgif" "${machine[@]}" --module kvm-amd.vnmi=0
expect 2 'the machine loads no module kvm_intel' "${machine[@]}" --module kvm-intel.vnmi=0
expect 2 '/proc/x.json: the machine has a proc of its own; name another file' "${machine[@]}" storm --json /proc/x.json
expect 2 '/dev/kvm: the machine has a dev of its own' "${machine[@]}" storm --html=/dev/kvm

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
qemu <<<'echo "rejects kvm_amd with vgif=x: Invalid argument"; cat >/dev/null'
expect 2 'the machine rejects kvm_amd with vgif=x' "${machine[@]}" --module kvm-amd.vgif=x
qemu <<<'echo "cannot do that" >&2; exit 1'
expect 3 'QEMU failed: cannot do that' "${machine[@]}"
qemu <<<'kill -KILL $$'
expect 3 'QEMU was killed by signal 9' "${machine[@]}"
qemu <<<':'
expect 3 'the machine ended without a word' "${machine[@]}"

# The parameter is given to the module, and to a kernel that has it built in.
# shellcheck disable=SC2016  # expands in the stand-in
qemu <<<'grep -qa "kvm_amd.ko vgif=0$" initrd && [[ " $* " == *" kvm_amd.vgif=0 "* ]] && echo hello && echo "exit 9"; cat >/dev/null'
expect 9 '' "${machine[@]}" --module kvm-amd.vgif=0

mv "$work/modules/kvm-amd.ko" "$work/kvm-amd.ko"
expect 77 'has no kvm-amd; say with --modules' "${machine[@]}"
echo 'kernel/arch/x86/kvm/kvm-amd.ko' >"$work/modules/modules.builtin"
# shellcheck disable=SC2016  # expands in the stand-in
qemu <<<'[[ " $* " == *" kvm_amd.vgif=0 "* ]] && echo hello && echo "exit 9"; cat >/dev/null'
expect 9 '' "${machine[@]}" --module kvm-amd.vgif=0
mv "$work/kvm-amd.ko" "$work/modules/kvm-amd.ko"

# Bochs: its ports are disks, of which init says how much has arrived.
bochs=$work/cache/nmistorm/kernels/bochs.1 busybox=${XDG_CACHE_HOME:-$HOME/.cache}/nmistorm/kernels/busybox
mkdir -p "$bochs/usr/lib64" "$bochs/usr/lib/ISOLINUX" "$bochs/usr/lib/syslinux/modules/bios" "$work/cache/nmistorm/kernels"
touch "$bochs/usr/lib/ISOLINUX/isolinux.bin" "$bochs/usr/lib/syslinux/modules/bios/ldlinux.c32"
if [[ -d $busybox ]]; then cp -r "$busybox" "$work/cache/nmistorm/kernels/"; fi
printf 'depends=\0parm=vnmi:bool\0' >"$work/modules/kvm-intel.ko"
machine+=(--vendor intel)
# bochs: the stand-in for its loader, which starts xorriso and then Bochs; the body of the latter comes from stdin.
bochs() {
    # shellcheck disable=SC2016  # expands in the stand-in
    {
        echo '#!/bin/bash'
        echo 'if [[ $3 == */xorriso ]]; then while [[ $1 != -o ]]; do shift; done; echo disk >"$2"; exit; fi'
        echo 'control=$(sed -n "s/^com2:.*dev=//p" bochsrc)'
        cat
    } >"$bochs/usr/lib64/ld-linux-x86-64.so.2"
    chmod +x "$bochs/usr/lib64/ld-linux-x86-64.so.2"
}
export XDG_CACHE_HOME=$work/cache
# shellcheck disable=SC2016  # expands in the stand-in
bochs <<<'exec 3>"$control"; printf "so\0it is" | dd of=out conv=notrunc status=none
printf "have 2 0 0\nhello\nhave 8 0 0\nhave 1 0 0\nexit 7\n" >&3; exec sleep 1000'
expect 7 '' "${machine[@]}"
if [[ $(tr '\0' ' ' <"$work/out") != 'so it is' ]]; then
    echo "FAILED: stdout of Bochs' machine came as '$(tr '\0' ' ' <"$work/out")'"
    failed=1
fi
bochs <<<'echo "0p[CPU0] >>PANIC<< exception(): 3rd exception" >log; exit 1'
expect 3 'Bochs failed: exception(): 3rd exception' "${machine[@]}"
bochs <<<'echo "stuck here" >>console; exec sleep 1000'
expect 3 'the machine hangs: it said nothing for 1 seconds$' "${machine[@]}" --patience 1
unset XDG_CACHE_HOME
machine=("${machine[@]:0:6}")

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
