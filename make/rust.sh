#!/usr/bin/env bash
# Installs the toolchain that rust-toolchain.toml pins, with its components and targets, when any of it is missing.
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

list() { sed -n "s/^$1 *= *\[\(.*\)\]/\1/p" "$root/rust-toolchain.toml" | tr -d '" ' | tr ',' '\n'; }
channel=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' "$root/rust-toolchain.toml")

complete() {
    local present name
    present=$(rustup component list --installed --toolchain "$channel" 2>/dev/null) || return 1
    for name in $(list components); do grep -q "^$name-" <<<"$present" || return 1; done
    for name in $(list targets); do grep -q "^rust-std-$name$" <<<"$present" || return 1; done
}
if complete; then exit 0; fi

wanted=()
for name in $(list components); do wanted+=(--component "$name"); done
for name in $(list targets); do wanted+=(--target "$name"); done
step "Rust $channel with $(list targets | tr '\n' ' ')" \
    retry rustup toolchain install "$channel" --profile minimal --no-self-update "${wanted[@]}"
complete || die "rustup installed $channel, but not all of: $(list components) $(list targets)"
