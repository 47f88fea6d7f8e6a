#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# usage: tests/scripts/install_test.sh SOURCE_DIR BUILD_DIR
# Installs what BUILD_DIR holds and builds a guest from that, elsewhere: its code must equal what the build made
# of the same sources.
set -euo pipefail

sources=$1 build=$2
own=guest/examples/simple_rcu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
prefix=$folder/prefix

fail() {
    echo "FAILED: $*"
    exit 1
}

# quietly COMMAND...: shows its output only if it fails.
quietly() { "$@" >"$folder/log" 2>&1 || { cat "$folder/log" && fail "$*"; }; }

# code IMAGE: a hash of what is loaded, without the notes, since the build id also covers debug information.
code() {
    objcopy -O binary --remove-section=.note "$1" "$folder/loaded"
    sha256sum <"$folder/loaded"
}

quietly cmake --install "$build" --prefix "$prefix"
[[ -e $prefix/include/nmistorm/abi/boot.h ]] || fail "no headers"
[[ -e $prefix/include/nmistorm/schema/nmistorm.run.2.schema.json ]] || fail "no schemas"
[[ -e $prefix/share/doc/nmistorm/docs/storm.md ]] || fail "no docs"
# Folders of the checkout in what is installed would be looked for where there are none. -a: a program, too.
if grep -raF -l -e "$sources" -e "$build" "$prefix"; then fail "these files name the source tree"; fi
# Where it was installed does not matter, either.
mv "$prefix" "$folder/moved"
prefix=$folder/moved

cp -r "$sources/$own" "$folder/elsewhere"
# configure FOLDER ARGUMENT...: the copy, in the build directory FOLDER.
configure() { cmake -S "$folder/elsewhere" -B "$folder/$1" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" "${@:2}"; }

echo 'add_custom_target(program COMMAND nmistorm::nmistorm --help)' >>"$folder/elsewhere/CMakeLists.txt"
quietly configure x86_64 -DCMAKE_BUILD_TYPE=Debug
quietly ninja -C "$folder/x86_64" all program
for image in simple_rcu simple_rcu_broken; do
    here=$(code "$build/$own/$image")
    elsewhere=$(code "$folder/x86_64/$image")
    [[ $here == "$elsewhere" ]] || fail "$image is another guest"
done
if [[ $(code "$folder/x86_64/simple_rcu") == $(code "$folder/x86_64/simple_rcu_broken") ]]; then
    fail "the broken guest is not"
fi

quietly configure i386 -DSIMPLE_RCU_ARCH=i386
quietly ninja -C "$folder/i386"
readelf -h "$folder/i386/simple_rcu" | grep -q 'Machine: .*80386' || fail "this is no i386 guest"

# refused PATTERN: configuring the copy as it is now must fail for this reason.
refused() {
    if configure refused >"$folder/log" 2>&1 || ! grep -q "$1" "$folder/log"; then
        cat "$folder/log"
        fail "not refused: $1"
    fi
}
sed -i 's/REPLACE rcu /REPLACE rcu nothing /' "$folder/elsewhere/CMakeLists.txt"
refused 'no part of the guest is called nothing'
sed -i 's/ARCH [^ ]* REPLACE rcu nothing /ARCH sparc /' "$folder/elsewhere/CMakeLists.txt"
refused 'usage: nmistorm_add_guest'

echo "built elsewhere, the guests are the same"
