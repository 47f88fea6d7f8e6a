#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: planted_test.sh FOLDER
# The clean guest images in FOLDER hold no fault code, and all others do: planted() in guest/fault/fault.h
# leaves a section behind wherever faulty code was compiled in.
set -euo pipefail

clean=0 faulty=0
for image in "$1"/guest_* "$1"/builds/*/guest_*; do
    [[ -f $image && -x $image ]] || continue
    planted=no
    if readelf -SW "$image" | grep -q '\.nmistorm\.planted'; then planted=yes; fi
    case $image in
    *_none) expected=no clean=$((clean + 1)) ;;
    *) expected=yes faulty=$((faulty + 1)) ;;
    esac
    if [[ $planted != "$expected" ]]; then
        echo "$image: fault code: $planted, expected: $expected"
        exit 1
    fi
done
echo "$clean clean images without fault code, $faulty images with it"
((clean >= 1 && faulty >= 29))
