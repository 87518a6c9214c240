#!/usr/bin/env bash
# Builds the OpenTelemetry Collector of otelcol/builder.yaml into .tools/bin/otelcol with the collector's own builder.
# Takes minutes, so it is kept until the configuration or the builder's version changes.
# Usage: otelcol.sh BUILDER_VERSION
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

version=$1
config=$root/otelcol/builder.yaml
binary=$tools/bin/otelcol
want="$version $(sha256sum <"$config")"
stamp=$tools/otelcol.sha256
if [ -x "$binary" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then exit 0; fi

# Everything Go keeps (about 1 GB) goes to a folder that is removed at the end, not to the user's caches.
go_caches() {
    GOFLAGS="$(go env GOFLAGS) -modcacherw"
    export GOFLAGS GOBIN="$build/go/bin" GOCACHE="$build/go/cache" GOMODCACHE="$build/go/mod" CGO_ENABLED=0
}

install_builder() {
    go_caches
    retry go install "go.opentelemetry.io/collector/cmd/builder@$version"
}

build_collector() {
    go_caches
    # The configuration's output_path is relative to the working folder.
    cd "$build/go"
    retry "$GOBIN/builder" --config "$config" >"$build/otelcol.log" 2>&1 || {
        tail -n 40 "$build/otelcol.log" >&2
        return 1
    }
    mv -f "$build/go/otelcol/otelcol" "$binary"
    printf '%s\n' "$want" >"$stamp"
    rm -rf "$build/go"
}

mkdir -p "$build" "$tools/bin"
step "OpenTelemetry Collector builder $version (go install)" install_builder
step "OpenTelemetry Collector (about 2.5 minutes of CPU, once)" build_collector
