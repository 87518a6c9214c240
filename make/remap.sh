#!/usr/bin/env bash
# Prints the compiler's flags that keep this machine's paths out of what it builds: the same sources give the same bytes in any
# folder. Crates must have been fetched.
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

printf '%s' "--remap-path-prefix=$root=."
for folder in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
    [ ! -d "$folder" ] || printf '%s' " --remap-path-prefix=$folder=/registry"
done
