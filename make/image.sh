#!/usr/bin/env bash
# Writes the images of filter and collector, their SBOMs and digests.json into target/image, after `make build` has made the module
# and the page. The collector is built again, as a static binary. SOURCE_DATE_EPOCH takes the place of the commit's time, REVISION of
# the commit; SOURCE_URL says where the sources are published. `image.sh trial` compiles the collector fast, for tests: it runs alike,
# its digest is another.
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"
cd "$root"

# Images are for machines like this one.
target=$(uname -m)-unknown-linux-musl
triple=${target//-/_}
channel=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml)
module=target/wasm/hogusu.wasm
profile=${1:-release}
collector=target/$target/$profile/hogusu

install_target() {
    rustup target list --installed --toolchain "$channel" | grep -q "^$target$" ||
        step "Rust $channel for $target" retry rustup target add --toolchain "$channel" "$target"
}

# The ring crate holds C, which must see musl's headers and not this system's. Symbols go, for some of their names are made from
# paths.
build_collector() {
    export "CC_$triple=musl-gcc" "CFLAGS_$triple=-ffile-prefix-map=$root=."
    export "CARGO_TARGET_${triple^^}_RUSTFLAGS=$(make/remap.sh) -C strip=symbols"
    cargo build --locked --profile "$profile" -p hogusu-collector --target "$target"
}

# A path of this machine in an artefact would make its digest differ elsewhere.
no_path_of_this_machine() {
    local file path
    for file in "$module" "$collector"; do
        for path in "$root/" "${CARGO_HOME:-$HOME/.cargo}/"; do
            if grep -qF "$path" "$file"; then die "$file holds the path $path, so it is not reproducible"; fi
        done
    done
}

write_images() {
    local revision epoch created source=()
    revision=${REVISION:-$(git describe --always --abbrev=40 --dirty --match '' 2>/dev/null || echo unknown)}
    epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
    created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
    [ -z "${SOURCE_URL:-}" ] || source=(--source "$SOURCE_URL")
    cargo run --quiet --locked -p hogusu-image -- --module "$module" --collector "$collector" --target "$target" \
        --rust "$channel" --revision "$revision" --created "$created" "${source[@]}" --out target/image
}

install_target
step "the collector, static" build_collector
no_path_of_this_machine
mkdir -p target/image
step "target/image" write_images
