#!/usr/bin/env bash
# Runs one command as a step: says what begins and how long it took. With `--retry` first, up to three tries.
# Usage: step.sh [--retry] WHAT COMMAND...
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

again=()
if [ "$1" = --retry ]; then
    again=(retry)
    shift
fi
step "$1" "${again[@]}" "${@:2}"
