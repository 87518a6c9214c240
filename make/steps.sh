# shellcheck shell=bash
# What every script here shares: the repository's folders, a step with its elapsed time, and a bounded retry for
# whatever talks to a package registry. Sourced, never run.
# The clock is `date`, for the name SECONDS belongs to `make demo SECONDS=20`.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=${HOGUSU_TOOLS:-$root/.tools}
# Where tools are compiled; removed once they are installed.
# shellcheck disable=SC2034
build=$tools/build

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

# step WHAT COMMAND...: says what begins, and how long it took or that it failed.
step() {
    local what=$1 began rc=0
    shift
    began=$(date +%s)
    say "==> $what"
    # Run apart from `set -e`, which a condition would switch off inside functions: a shell of its own keeps it.
    set +e
    (
        set -e
        "$@"
    )
    rc=$?
    set -e
    if [ "$rc" -ne 0 ]; then
        say "==> $what: FAILED with status $rc after $(($(date +%s) - began)) s"
        return "$rc"
    fi
    say "==> $what: done in $(($(date +%s) - began)) s"
}

# retry COMMAND...: at most three tries, for steps whose only excuse is a registry that did not answer.
retry() {
    local try
    for try in 1 2 3; do
        if "$@"; then return 0; fi
        [ "$try" -eq 3 ] || say "    try $try of 3 failed, again in $((try * 5)) s: $*"
        [ "$try" -eq 3 ] || sleep "$((try * 5))"
    done
    return 1
}
