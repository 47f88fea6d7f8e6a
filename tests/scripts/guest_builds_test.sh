#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: tests/scripts/guest_builds_test.sh SOURCE_DIR
# NMISTORM_GUEST_BUILDS makes images by the compiler and with the optimisation of their name, makes them again when
# anything of the guest changes, and refuses what it does not understand.
set -euo pipefail

sources=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $*"
    exit 1
}

# configure BUILDS [ARGUMENT...]
configure() {
    cmake -S "$sources" -B "$folder/build" -G Ninja -DNMISTORM_TESTS=OFF -DNMISTORM_GUEST_BUILDS="$1" "${@:2}" >"$folder/log" 2>&1
}

# refused PATTERN BUILDS [ARGUMENT...]: configuring must fail for this reason.
refused() {
    if configure "${@:2}" || ! tr -s ' \n' ' ' <"$folder/log" | grep -q "$1"; then
        cat "$folder/log"
        fail "not refused: $2"
    fi
    rm -rf "$folder/build"
}
refused "'gcc-O9' is no build: write gcc or clang" gcc-O9
refused "'gcc-O0-lto-lto' is no build" gcc-O3,gcc-O0-lto-lto
refused 'leave out NMISTORM_GUEST_IMAGES' gcc-O0,clang-O0 -DNMISTORM_GUEST_IMAGES="$folder"
# The compilers that the project is not built by.
others=$("${CXX:-c++}" --version | grep -qi clang && echo gcc || echo clang)
case $others in gcc) kind=GNU compiler=g++ ;; *) kind=Clang compiler=clang++ ;; esac
refused "$others-O2 needs $compiler" "$others-O2" -DNMISTORM_${kind}_COMPILER=OFF

builds=(gcc-O0 gcc-O3-lto)
if [[ $others == gcc ]]; then builds=(clang-O0 clang-Os); fi
if command -v "$compiler" >"$folder/log"; then builds+=("$others-O0"); fi
configure "$(IFS=,; echo "${builds[*]}")" || { cat "$folder/log" && fail "not configured"; }
for build in "${builds[@]}"; do
    images=("guest/builds/$build/guest_x86_64_none" "guest/builds/$build/guest_i386_double_fetch")
    if [[ $build == *-lto ]]; then images=("${images[1]}"); fi  # it takes long
    ninja -C "$folder/build" "${images[@]}" >"$folder/log" 2>&1 || { cat "$folder/log" && fail "$build is not built"; }
    for image in "${images[@]}"; do
        # Link-time optimisation does not leave the optimisation of the compilation in the debug information.
        producers=$(readelf --debug-dump=info "$folder/build/$image" | grep DW_AT_producer)
        case $build in
        gcc*) grep -q 'GNU C++\|GNU GIMPLE' <<<"$producers" || fail "$image is not by gcc" ;;
        clang*) grep -q clang <<<"$producers" || fail "$image is not by clang" ;;
        esac
        if [[ $build == gcc-O0 ]] && ! grep -q 'GNU C++.* -O0' <<<"$producers"; then fail "$image is optimised"; fi
        planted=no
        if readelf -SW "$folder/build/$image" | grep -q '\.nmistorm\.planted'; then planted=yes; fi
        case $image in *_none) expected=no ;; *) expected=yes ;; esac
        [[ $planted == "$expected" ]] || fail "$image: fault code: $planted"
        ninja -C "$folder/build" -t query "$image" >"$folder/inputs"
        for input in guest/nmi/nmi.cpp guest/percpu.h guest/fault/planted.inc guest/guest.lds include/nmistorm/abi/event.h; do
            grep -q "/$input\$" "$folder/inputs" || fail "$image does not depend on $input"
        done
    done
done
echo "made by their compilers: ${builds[*]}"
