#!/usr/bin/env bash
# Runs a test command and fails when it fails, when a test was skipped or ignored, or when nothing ran at all.
# Reads the closing lines of cargo test, Vitest and Node's own runner.
# Usage: no-skips.sh COMMAND...
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
"$@" 2>&1 | tee "$log"
# Colours off, so that the lines read the same wherever they were printed.
plain=$(sed 's/\x1b\[[0-9;]*m//g' "$log")
skipped='; [1-9][0-9]* ignored;|^ *Tests .*[1-9][0-9]* (skipped|todo)|^(ℹ|#) (skipped|todo) [1-9]|[1-9][0-9]* skipped$'
ran='^test result: ok\. [1-9]|^ *Tests +[1-9][0-9]* passed|^(ℹ|#) pass [1-9]|^ *[1-9][0-9]* passed'
if grep -qE "$skipped" <<<"$plain"; then die "tests were skipped or ignored: $*"; fi
if ! grep -qE "$ran" <<<"$plain"; then die "no test ran: $*"; fi
