#!/usr/bin/env bash
# Runs targets of the Makefile at once, each line of their output under the target's name; waits for all, fails if one fails.
# For targets that mostly wait: whatever they need is made before, or they would make it twice.
# Usage: at-once.sh TARGET...
set -euo pipefail

run() { "${MAKE:-make}" "$1" 2>&1 | sed -u "s/^/$1: /"; }

running=()
for target in "$@"; do
    run "$target" &
    running+=($!)
done
status=0
for one in "${running[@]}"; do wait "$one" || status=$?; done
exit "$status"
