# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the scripts share: paths, messages and builds.
# Source it after `set -euo pipefail`. Nothing here writes to stdout, which belongs to the caller.

# shellcheck disable=SC2034  # for the scripts that source this
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }
die() {
    say "$(basename "$0"): $*"
    exit 1
}

# ccache: all checkouts of the project share compilation results.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_ctime,include_file_mtime

# has_commands NAME...: whether all of them are in the PATH. `command -v` succeeds if one of them is.
has_commands() {
    local name
    for name; do command -v "$name" >/dev/null || return; done
}

# Whether builds have the tests, too. A script sets it to ON before it builds them.
with_tests=OFF

# configure NAME [-DVAR=VALUE...]: makes build/NAME a build directory. Does nothing when it already is one with these
# arguments, and with the tests if they are wanted; ninja notices changes in a CMakeLists.txt by itself.
configure() {
    local dir=$root/build/$1 args has=''
    shift
    if command -v ccache >/dev/null; then set -- -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@"; fi
    if [[ ${CI-} ]]; then set -- -DCMAKE_COMPILE_WARNING_AS_ERROR=ON "$@"; fi
    args="${CXX-} $*"
    if [[ -e $dir/build.ninja && -e $dir/configured ]]; then
        has=$(<"$dir/configured")
        if [[ $has == "ON $args" || $has == "$with_tests $args" ]]; then return; fi
    fi
    say "Configuring ${dir#"$root"/}"
    mkdir -p "$dir"
    rm -f "$dir/configured"
    # ccache would take a precompiled header of other flags for a source of the new one, and so never find that.
    if [[ ${has#* } != "$args" ]]; then find "$dir" -name '*.gch' -delete; fi
    # --fresh: no variable of an earlier configuration survives in the cache.
    cmake --fresh -S "$root" -B "$dir" -G Ninja -DNMISTORM_TESTS="$with_tests" "$@" >"$dir/configure.log" 2>&1 || {
        cat "$dir/configure.log" >&2
        return 1
    }
    printf '%s' "$with_tests $args" >"$dir/configured"
}

# build NAME [-DVAR=VALUE...] [TARGET...]: brings build/NAME up to date; no target means everything.
# Silent when there was nothing to do. Two scripts may build the same directory at once.
build() {
    local name=$1 options=() targets=()
    shift
    for arg; do
        if [[ $arg == -D* ]]; then options+=("$arg"); else targets+=("$arg"); fi
    done
    case $name in
    asan) options+=("-DNMISTORM_SANITIZE=address,undefined") ;;
    tsan) options+=(-DNMISTORM_SANITIZE=thread) ;;
    esac
    mkdir -p "$root/build"
    # Guest images are the same in every build, so they are built once.
    if [[ $name == asan || $name == tsan ]]; then
        build release nmistorm_guest_images
        options+=("-DNMISTORM_GUEST_IMAGES=$root/build/release/guest" -DCMAKE_UNITY_BUILD=ON)  # run once
    fi
    (
        flock 9
        configure "$name" "${options[@]}" || exit
        quiet_ninja "$root/build/$name" "${targets[@]}"
    ) 9>"$root/build/$name.lock"
}

# Closes the lock's descriptor for ninja's children, so that no process left behind holds the lock.
quiet_ninja() {
    ninja -C "$@" 9>&- </dev/null 2>&1 |
        sed -u -e '/^ninja: no work to do\.$/d' -e '/^ninja: Entering directory/d' \
            -e '/Re-checking globbed directories\.\.\.$/d' >&2
}

# ask_host [FLAG...]: whether this host's KVM can run `nmistorm storm FLAG...`, by its exit code: 0, 77 if it cannot,
# another if the flags are wrong. Sets `why` to its message.
ask_host() {
    local status=0
    why=$("$root/build/release/harness/nmistorm" storm "$@" --dry-run 2>&1) || status=$?
    why=${why#nmistorm: }
    return "$status"
}
