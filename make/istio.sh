#!/usr/bin/env bash
# Builds the programs of the Istio lab (istiod, pilot-agent, istioctl, kube-apiserver, kubectl, etcd, crane, helm) into .tools/istio
# from the pinned modules in istio-lab/, and copies Istio's CRDs and bootstrap template beside them. About 12 minutes of CPU, once;
# kept until a pin changes. HOGUSU_GO_JOBS (default 2) is how many packages are compiled at a time.
# With a NAME only that program is built: `make manifests` needs helm alone.
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

lab=$root/istio-lab
out=$tools/istio
# Everything Go keeps (several GB) goes to a folder that is removed at the end, not to the user's caches.
work=$build/istio
jobs=${HOGUSU_GO_JOBS:-2}
only=${1:-}

# pinned MODULE_FOLDER HOW...: what a program is made from, and how.
pinned() { printf '%s\n' "$@" | cat - "$lab/$1"/{go.mod,go.sum} | sha256sum; }

version_of() { awk -v module="$2" '$2 == module { print $3 } $1 == module { print $2 }' "$lab/$1/go.mod" | head -n 1; }

istio_version=$(version_of istio istio.io/istio)
k8s_version=$(version_of k8s k8s.io/kubernetes)
helm_version=$(version_of helm helm.sh/helm/v4)

go_caches() {
    export GOCACHE=$work/cache GOMODCACHE=$work/mod GOFLAGS="-mod=readonly -modcacherw -buildvcs=false" CGO_ENABLED=0
}

# program MODULE_FOLDER PACKAGE NAME LINKER_FLAGS
program() {
    go_caches
    cd "$lab/$1"
    retry go build -p "$jobs" -trimpath -ldflags "-s -w $4" -o "$out/$3" "$2"
}

# A stamp for each program: an interrupted build goes on where it was.
build_program() {
    local stamp=$out/$3.stamp want
    if [ -n "$only" ] && [ "$only" != "$3" ]; then return 0; fi
    want=$(pinned "$@")
    if [ -x "$out/$3" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then return 0; fi
    step "$3 (Go, once)" program "$@"
    printf '%s\n' "$want" >"$stamp"
}

# folder_of MODULE: where a module that Istio is built from was unpacked.
folder_of() { cd "$lab/istio" && retry go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'; }

# Istio's CRDs and the template from which the agent writes Envoy's bootstrap come with the same module; the Gateway API's, of which
# a waypoint needs two, with one that it depends on.
copy_istio_files() {
    local stamp=$out/files.stamp want module definitions
    want=$(pinned istio crds.yaml envoy_bootstrap.json gateway-api.yaml)
    if [ -n "$only" ] || [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then return 0; fi
    go_caches
    module=$(folder_of istio.io/istio)
    definitions=$(folder_of sigs.k8s.io/gateway-api)/config/crd/standard/gateway.networking.k8s.io
    install -m 644 "$module/manifests/charts/base/files/crd-all.gen.yaml" "$out/crds.yaml"
    install -m 644 "$module/tools/packaging/common/envoy_bootstrap.json" "$out/envoy_bootstrap.json"
    printf -- '---\n' | cat "${definitions}_gatewayclasses.yaml" - "${definitions}_gateways.yaml" >"$out/gateway-api.yaml"
    printf '%s\n' "$want" >"$stamp"
}

mkdir -p "$out"
istio_flags="-X istio.io/istio/pkg/version.buildVersion=${istio_version##*-}"
k8s=k8s.io/component-base/version
minor=${k8s_version#v1.}
k8s_flags="-X $k8s.gitVersion=$k8s_version -X $k8s.gitMajor=1 -X $k8s.gitMinor=${minor%%.*}"
build_program etcd go.etcd.io/etcd/server/v3 etcd ""
build_program crane github.com/google/go-containerregistry/cmd/crane crane ""
build_program helm helm.sh/helm/v4/cmd/helm helm "-X helm.sh/helm/v4/internal/version.version=$helm_version"
build_program k8s k8s.io/kubernetes/cmd/kube-apiserver kube-apiserver "$k8s_flags"
build_program istio istio.io/istio/pilot/cmd/pilot-discovery istiod "$istio_flags"
build_program istio istio.io/istio/pilot/cmd/pilot-agent pilot-agent "$istio_flags"
copy_istio_files
build_program k8s k8s.io/kubernetes/cmd/kubectl kubectl "$k8s_flags"
build_program istio istio.io/istio/istioctl/cmd/istioctl istioctl "$istio_flags"
rm -rf "$work"
