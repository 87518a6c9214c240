#!/usr/bin/env bash
# Installs the pinned Schemathesis into .tools/schemathesis, with everything that it needs in the versions that
# make/schemathesis.txt names. Does nothing when it is there already.
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

pinned=$root/make/schemathesis.txt
home=$tools/schemathesis
want=$(sha256sum "$pinned")
stamp=$home/requirements.sha256
if [ -x "$home/bin/schemathesis" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then exit 0; fi

install_schemathesis() {
    rm -rf "$home"
    python3 -m venv "$home"
    retry "$home/bin/pip" install --quiet --no-cache-dir --disable-pip-version-check -r "$pinned"
    "$home/bin/schemathesis" --version >&2
    printf '%s\n' "$want" >"$stamp"
}
step "Schemathesis from PyPI ($(grep -m1 '^schemathesis' "$pinned"))" install_schemathesis
