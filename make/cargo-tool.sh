#!/usr/bin/env bash
# Installs one tool from crates.io into .tools/bin, unless that very version is there.
# Usage: cargo-tool.sh CRATE VERSION BINARY [CARGO_INSTALL_OPTION...]; "locked" as VERSION means: the version of wasm-bindgen in
# Cargo.lock, which the tool's must equal.
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

crate=$1
version=$2
binary=$3
options=("${@:4}")
if [ "$version" = locked ]; then
    version=$(awk '$0 == "name = \"wasm-bindgen\"" { getline; gsub(/[^0-9.]/, ""); print; exit }' "$root/Cargo.lock")
    [ -n "$version" ] || die "Cargo.lock names no wasm-bindgen, so the version of $crate is unknown"
fi
# Cargo keeps a record of what it installed under this root.
if [ -x "$tools/bin/$binary" ] && grep -qs "^\"$crate $version (" "$tools/.crates.toml"; then exit 0; fi

install_crate() {
    RUSTUP_TOOLCHAIN=$(cd "$root" && rustup show active-toolchain | cut -d' ' -f1)
    # Tools that run for seconds: quick to build matters more than quick to run.
    export RUSTUP_TOOLCHAIN CARGO_TARGET_DIR="$build/cargo" CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
        CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_DEBUG=0
    # Elsewhere, so that the repository's .cargo/config.toml does not leak into the tool.
    cd /
    retry cargo install --quiet --locked --force --root "$tools" --version "$version" \
        --bin "$binary" "${options[@]}" "$crate"
    rm -rf "$build/cargo"
}
mkdir -p "$build"
step "$crate $version from crates.io (built once)" install_crate
