#!/usr/bin/env bash
# Checks what a machine must bring before anything is installed, and says how to get all of what is missing at once.
# Usage: prerequisites.sh rust|node|python|python-3.11|go|packages...
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

missing=()
lacks() { missing+=("$1"); }
has() { command -v "$1" >/dev/null; }
rust_is_here() { has rustup && has cargo; }
node_is_new_enough() { has npm && has node && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; }
python_has_venv() { has python3 && python3 -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, $1))" 2>/dev/null; }
go_is_new_enough() { has go && [[ $(go env GOVERSION) =~ ^go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge 25 ]; }

for name in "$@"; do
    case $name in
    rust)
        rust_is_here ||
            lacks "Rust by rustup: https://rustup.rs (then open a new shell). The pinned toolchain is installed by itself"
        has cc || lacks "a C compiler and linker: apt-get install build-essential"
        ;;
    node)
        node_is_new_enough ||
            lacks "Node.js 20.19 or newer with npm: https://nodejs.org or apt-get install nodejs npm"
        ;;
    python)
        python_has_venv 9 || lacks "Python 3.9 or newer with venv: apt-get install python3 python3-venv"
        ;;
    python-3.11)
        python_has_venv 11 || lacks "Python 3.11 or newer with venv: apt-get install python3 python3-venv"
        ;;
    go)
        go_is_new_enough || lacks "Go 1.25 or newer, for a peer in the tests: https://go.dev/dl"
        ;;
    packages)
        has apt-get || lacks "a Debian-like system with apt-get, or by hand the commands that \`make -n tools\` names"
        has sudo || [ "$(id -u)" -eq 0 ] || lacks "root or sudo, to install Debian packages"
        ;;
    *) die "prerequisites.sh knows no '$name'" ;;
    esac
done
[ "${#missing[@]}" -eq 0 ] || {
    say "This machine lacks:"
    printf '  - %s\n' "${missing[@]}" >&2
    exit 1
}
