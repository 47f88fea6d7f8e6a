#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: static_test.sh NMISTORM_STATIC
# The program and its guests need no other file to start; it then reports that /dev/kvm is missing.
set -euo pipefail

empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
cp "$1" "$empty/nmistorm"

alone=(unshare --map-root-user chroot "$empty" /nmistorm)
if ((EUID == 0)); then alone=(chroot "$empty" /nmistorm); fi

"${alone[@]}" --version
status=0
said=$("${alone[@]}" storm --nmis 1 2>&1) || status=$?
echo "$said"
((status == 77)) && grep -q '/dev/kvm' <<<"$said"
