#!/usr/bin/env bash
# Builds the filter and the collector of an earlier version from this repository's own history into target/earlier:
# hogusu.wasm and hogusu, which scenarios run against the present ones. Made once for each commit.
# Usage: earlier.sh COMMIT. A clone without that commit (a shallow one, or no clone at all) cannot: then
# target/earlier/left-out says so, and so does the scenario.
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

commit=$1
out=$root/target/earlier
source=$out/source

if [ "$(cat "$out/stamp" 2>/dev/null)" = "$commit" ]; then exit 0; fi
rm -rf "$out"
mkdir -p "$source"

has_commit() { git -C "$root" cat-file -e "$commit^{commit}" 2>/dev/null; }

if ! has_commit; then git -C "$root" fetch --quiet --depth 1 origin "$commit" 2>/dev/null || true; fi
if ! has_commit; then
    if [ "$(git -C "$root" rev-parse --is-shallow-repository 2>/dev/null || echo none)" = false ]; then
        die "this repository has no commit $commit, though its history is whole: the pin in the Makefile is wrong"
    fi
    printf 'no commit %s in this clone: fetch its history (git fetch --unshallow)\n' "$commit" | tee "$out/left-out" >&2
    exit 0
fi

# In a version of its own: cargo tells packages by name, version and place in their workspace, and the present ones of this target
# folder would be taken for those of then, or those of then for the present ones.
set_apart() {
    sed -i -E '0,/^version = "([^"]+)"/s//version = "\1-earlier"/' "$source/Cargo.toml"
    awk '/^name = "hogusu/ { ours = 1 } ours && /^version = / { sub(/"$/, "-earlier\""); ours = 0 } { print }' \
        "$source/Cargo.lock" >"$source/Cargo.lock.new"
    mv "$source/Cargo.lock.new" "$source/Cargo.lock"
}

# The module in a folder of its own; the collector beside the present one, for they share their dependencies, under a name of
# its own. Its page is not built: nobody opens it.
build_both() {
    git -C "$root" archive "$commit" | tar -x -C "$source"
    set_apart
    sed -i 's/^name = "hogusu"$/name = "hogusu-earlier"/' "$source/collector/Cargo.toml"
    cd "$source"
    cargo build --locked --quiet --profile module -p hogusu-filter-wasm --target wasm32-wasip1 --target-dir "$out/target"
    cp "$out/target/wasm32-wasip1/module/hogusu_filter_wasm.wasm" "$out/hogusu.wasm"
    cargo build --locked --quiet --workspace --bin hogusu-earlier
    cp "$CARGO_TARGET_DIR/debug/hogusu-earlier" "$out/hogusu"
    rm -rf "$source" "$out/target"
}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
step "filter and collector of $commit" build_both
printf '%s\n' "$commit" >"$out/stamp"
