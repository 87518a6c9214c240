#!/usr/bin/env bash
# Installs Debian packages for the commands that are missing, and only for those. No service they bring is started,
# now or at the next boot: tests start their own servers on their own ports.
# Usage: packages.sh COMMAND=PACKAGE...
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

PATH=$PATH:/usr/sbin:/sbin
packages=()
for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || packages+=("${pair#*=}")
done
[ "${#packages[@]}" -gt 0 ] || exit 0

command -v apt-get >/dev/null || die "missing: ${packages[*]}. Without apt-get, install them by hand and run again"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "missing: ${packages[*]}. Install them as root: apt-get install ${packages[*]}"
    as_root=(sudo)
fi

apt() {
    retry "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq \
        -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" </dev/null >"$tools/apt.log" 2>&1 || {
        tail -n 30 "$tools/apt.log" >&2
        return 1
    }
}

# Debian asks /usr/sbin/policy-rc.d before it starts a service; 101 means no.
policy=/usr/sbin/policy-rc.d
forbid_services() {
    [ ! -e "$policy" ] || return 0
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    trap '"${as_root[@]}" rm -f "$policy"' EXIT
}

install_packages() {
    forbid_services
    apt update
    apt install -y --no-install-recommends "${packages[@]}"
    local package unit
    for package in "${packages[@]}"; do
        unit=${package%-light}.service
        if command -v systemctl >/dev/null && [ -e "/lib/systemd/system/$unit" ]; then
            "${as_root[@]}" systemctl disable --quiet "$unit" || say "    $unit could not be disabled; it is not running"
        fi
    done
}

mkdir -p "$tools"
step "Debian packages: ${packages[*]}" install_packages
