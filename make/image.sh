#!/usr/bin/env bash
# Writes the images of filter and collector, their SBOMs and digests.json into target/image, after `make build` has made the module
# and the page. The collector is built again, as static binaries for amd64 and arm64. SOURCE_DATE_EPOCH takes the place of the commit's
# time, REVISION of the commit; SOURCE_URL says where the sources are published. `image.sh trial` compiles the collector fast and for
# this machine alone, for tests: it runs alike, its digest is another.
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"
cd "$root"

profile=${1:-release}
channel=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' rust-toolchain.toml)
module=target/wasm/hogusu.wasm
# Images are for both kinds of machines; for tests, for machines like this one.
machines=(x86_64 aarch64)
[ "$profile" != trial ] || machines=("$(uname -m)")

target_of() { printf '%s-unknown-linux-musl' "$1"; }
binary_of() { printf 'target/%s/%s/hogusu' "$(target_of "$1")" "$profile"; }

install_target() {
    local target
    target=$(target_of "$1")
    rustup target list --installed --toolchain "$channel" | grep -q "^$target$" ||
        step "Rust $channel for $target" retry rustup target add --toolchain "$channel" "$target"
}

# What compiles the C of the ring crate for a machine. On machines of the kind musl-gcc is: it sees musl's headers and not this
# system's. For the other kind Debian's compiler is without headers of any system: ring does without when it is told so.
compiler_of() {
    if [ "$1" = "$(uname -m)" ]; then
        "$root/make/packages.sh" musl-gcc=musl-tools
        printf 'musl-gcc'
    else
        "$root/make/packages.sh" "$1-linux-gnu-gcc=gcc-${1//_/-}-linux-gnu"
        printf '%s-linux-gnu-gcc' "$1"
    fi
}

# Symbols go, for some of their names are made from paths. rust-lld links for the other kind: Rust brings musl's own objects.
build_collector() {
    local machine=$1 target triple compiler flags="-ffile-prefix-map=$root=." linker=""
    target=$(target_of "$machine")
    triple=${target//-/_}
    compiler=$(compiler_of "$machine")
    if [ "$machine" != "$(uname -m)" ]; then
        flags+=" -ffreestanding -DRING_CORE_NOSTDLIBINC=1"
        linker=" -C linker=rust-lld"
    fi
    export "CC_$triple=$compiler" "CFLAGS_$triple=$flags"
    export "CARGO_TARGET_${triple^^}_RUSTFLAGS=$(make/remap.sh) -C strip=symbols$linker"
    cargo build --locked --workspace --profile "$profile" --bin hogusu --target "$target"
}

# A path of this machine in an artefact would make its digest differ elsewhere.
no_path_of_this_machine() {
    local file path
    for file in "$module" "${binaries[@]}"; do
        for path in "$root/" "${CARGO_HOME:-$HOME/.cargo}/"; do
            if grep -qF "$path" "$file"; then die "$file holds the path $path, so it is not reproducible"; fi
        done
    done
}

write_images() {
    local revision epoch created machine source=() built=()
    revision=${REVISION:-$(git describe --always --abbrev=40 --dirty --match '' 2>/dev/null || echo unknown)}
    epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
    created=$(date -u -d "@$epoch" +%Y-%m-%dT%H:%M:%SZ)
    [ -z "${SOURCE_URL:-}" ] || source=(--source "$SOURCE_URL")
    for machine in "${machines[@]}"; do built+=(--collector "$(target_of "$machine")=$(binary_of "$machine")"); done
    cargo build --quiet --locked --workspace --bin hogusu-image
    "${CARGO_TARGET_DIR:-target}/debug/hogusu-image" --module "$module" "${built[@]}" \
        --rust "$channel" --revision "$revision" --created "$created" "${source[@]}" --out target/image
}

binaries=()
for machine in "${machines[@]}"; do
    install_target "$machine"
    step "the collector, static, for $machine" build_collector "$machine"
    binaries+=("$(binary_of "$machine")")
done
no_path_of_this_machine
mkdir -p target/image
step "target/image" write_images
