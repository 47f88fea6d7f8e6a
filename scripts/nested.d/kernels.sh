# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Where scripts/nested gets a kernel, its modules and a busybox from: the packages of Debian or Ubuntu, downloaded and
# unpacked but never installed, so that any user can do it and the system does not change; on another distribution the
# host's own kernel and busybox.
# The script that sources this has fail(), a folder for what is temporary in $work, and get_busybox()'s result in $busybox.
# shellcheck disable=SC2034,SC2154

cache=${XDG_CACHE_HOME:-$HOME/.cache}/nmistorm/kernels
# These and their dependencies are copied. Raise the format if this or anything else about a kernel's folder changes.
wanted_modules=(virtio_pci virtio_console kvm-amd)
format=1

apt_options=(-q -o Debug::NoLocking=1)

has_apt() { has_commands apt-get apt-cache dpkg-deb; }

# The flavour that boots in few seconds, and what Debian and Ubuntu call it.
small_flavour=cloud package_suffix=-amd64
if grep -qsx 'ID="\?ubuntu"\?' /etc/os-release; then small_flavour=generic package_suffix=''; fi

# packages_of SERIES-FLAVOUR: a regular expression for the packages; SERIES is one, too. Debian's generic kernel has no
# flavour in its name.
packages_of() {
    local flavour=-${1##*-}
    if [[ $flavour == -generic && $package_suffix ]]; then flavour=''; fi
    echo "linux-image-${1%-*}\.[0-9]+([-+][0-9a-z+]+)?$flavour$package_suffix"
}

# knows SERIES-FLAVOUR: whether it can be had: it was before, or apt knows it.
knows() { [[ -d $cache/$1.$format || $(newest_package "$(packages_of "${1//./\\.}")") ]]; }

# need_package_lists: of some kernel at least.
need_package_lists() {
    has_apt || fail 77 "this system has no apt to get a kernel with; use --kernel host or a file"
    if [[ ! $(newest_package 'linux-image-.*') ]]; then renew_package_lists; fi
}

# find_newest FLAVOUR: sets `kernel` to the newest kernel's SERIES-FLAVOUR.
find_newest() {
    need_package_lists
    [[ $(newest_package "$(packages_of "[0-9]+\.[0-9]+-$1")") =~ ^linux-image-([0-9]+\.[0-9]+) ]] ||
        fail 77 "apt knows no kernel of flavour $1; try apt-get update"
    kernel=${BASH_REMATCH[1]}-$1
}

# find_kernels: sets `kernels` to what scripts/test runs on, the default first: two series that differ in their KVM, or
# else the newest.
find_kernels() {
    local each
    kernels=()
    if ! has_apt; then
        kernels=(host)
        return
    fi
    need_package_lists
    for each in 6.1-cloud 6.12-cloud; do
        if knows "$each"; then kernels+=("$each"); fi
    done
    if ((${#kernels[@]} == 0)); then
        find_newest "$small_flavour"
        kernels=("$kernel")
    fi
}

# The system's own package lists may be absent or out of date, and only root can renew them.
renew_package_lists() {
    mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
    apt_options+=(-o "Dir::State::lists=$cache/apt/lists" -o "Dir::Cache=$cache/apt" -o APT::Sandbox::User=)
    say "Fetching package lists"
    apt-get "${apt_options[@]}" update >"$work/apt.log" 2>&1 || true
}

# newest_package REGEX: the newest matching package that apt knows.
newest_package() {
    { apt-cache "${apt_options[@]}" pkgnames | grep -xE "$1" || (($? == 1)); } | sort -V | tail -n 1
}

# unpack_package REGEX DIR WHAT: the newest such package, whose name it leaves in `package`.
unpack_package() {
    local attempt problem=''
    for attempt in first second; do
        if [[ $attempt == second ]]; then renew_package_lists; fi
        package=$(newest_package "$1")
        if [[ -z $package ]]; then continue; fi
        say "Downloading $package"
        rm -rf "$2"
        mkdir "$2"
        if (cd "$2" && apt-get "${apt_options[@]}" download "$package") >"$work/apt.log" 2>&1; then
            dpkg-deb -x "$2"/*.deb "$2" || fail 77 "cannot unpack $package into $2; is there room?"
            return
        fi
        problem="cannot download $package: $(grep '^E:' "$work/apt.log" | tail -n 1)"
    done
    fail 77 "${problem:-apt knows no package with $3; try apt-get update, or another --kernel}"
}

# cached NAME FUNCTION ARG...: has FUNCTION fill the folder $cache/NAME once, completely or not at all.
cached() {
    local into=$cache/$1
    shift
    if [[ -d $into ]]; then return; fi
    mkdir -p "$cache" 2>/dev/null || fail 77 "cannot write to $cache; set XDG_CACHE_HOME to a folder where you may"
    (
        flock 9
        if [[ -d $into ]]; then exit; fi
        rm -rf "$into.new"
        mkdir "$into.new"
        "$@" "$into.new"
        mv -T "$into.new" "$into"
    ) 9>"$into.lock"
}

get_busybox() {
    local from
    if has_apt; then
        unpack_package busybox-static "$work/package" busybox
        from=$(find "$work/package" -name busybox -type f -perm -u+x)
    else
        from=$(command -v busybox) || fail 77 "there is no busybox in the PATH; install one that is linked statically"
        ! ldd "$from" &>/dev/null || fail 77 "$from needs libraries; install one that is linked statically"
    fi
    cp "$from" "$1"
}

# get_kernel SERIES-FLAVOUR TO
get_kernel() {
    local release part
    has_apt || fail 77 "this system has no apt to get the kernel $1 with; use --kernel host or a file"
    unpack_package "$(packages_of "${1//./\\.}")" "$work/package" "a kernel $1"
    release=${package#linux-image-}
    mv "$work/package" "$work/kernel"
    # Ubuntu has the modules in a package of their own; Debian since Linux 7 also the kernel itself.
    for part in binary modules; do
        if [[ $(newest_package "linux-$part-${release//+/\\+}") ]]; then
            unpack_package "linux-$part-${release//+/\\+}" "$work/package" "the kernel's $part"
            cp -al "$work/package/." "$work/kernel/"
        fi
    done
    copy_kernel "$(find "$work/kernel" -name 'vmlinuz*' -type f)" "$(find "$work/kernel" -path "*/lib/modules/$release")" "$2"
}

# find_host_kernel: sets `kernel` and `modules` to those that this host runs.
find_host_kernel() {
    local release
    release=$(uname -r)
    modules=/lib/modules/$release
    for kernel in "/boot/vmlinuz-$release" "$modules/vmlinuz"; do
        if [[ -r $kernel && -d $modules ]]; then return; fi
    done
    fail 77 "--kernel host: there is no kernel to read in /boot/vmlinuz-$release or $modules/vmlinuz, or no $modules"
}

# copy_kernel VMLINUZ MODULES TO: the kernel, and as NUMBER-NAME.ko the modules, in the order of loading.
copy_kernel() {
    local name
    cp -L "$1" "$3/vmlinuz"
    mkdir "$3/modules"
    for name in "${wanted_modules[@]}"; do copy_module "$name" "$2" "$3/modules"; done
    # The other two may be built in, as they are in 6.12.
    compgen -G "$3/modules/*-kvm-amd.ko" >/dev/null || grep -qs '/kvm-amd\.ko$' "$2/modules.builtin" ||
        fail 77 "there is no kvm-amd in $2; say with --modules where the kernel's modules are"
}

# copy_module NAME MODULES TO: its dependencies, then the module. A module without a file is built in.
copy_module() {
    local file to needed
    file=$(find -L "$2" -name "${1//[-_]/[-_]}.ko*" -print -quit)
    if [[ -z $file ]] || compgen -G "$3/*-$1.ko" >/dev/null; then return; fi
    case $file in
    *.ko) cat "$file" ;;
    *.gz) "$busybox" zcat "$file" ;;
    *.xz) "$busybox" xzcat "$file" ;;
    *.zst) zstd -dcq "$file" ;;
    *) false ;;
    esac >"$work/$1.ko" || fail 77 "cannot unpack $file"
    for needed in $(LC_ALL=C grep -zao '^depends=.*' "$work/$1.ko" | tr '\0,' '  ' | sed 's/depends=//'); do
        copy_module "$needed" "$2" "$3"
    done
    to=("$3"/*.ko)
    if [[ ! -e ${to[0]} ]]; then to=(); fi
    mv "$work/$1.ko" "$3/$((10 + ${#to[@]}))-$1.ko"
}
