#!/usr/bin/env bash
# Builds the programs of the Istio lab (istiod, pilot-agent, istioctl, kube-apiserver, kubectl, etcd, crane, helm) into .tools/istio
# from the versions pinned in istio-lab/go.mod, and copies Istio's CRDs and bootstrap template beside them. Once; kept until a pin
# changes. All come from one Go module, so that what they share is compiled once, and with the libraries that Istio itself names but
# for patches of Kubernetes'. HOGUSU_GO_JOBS (default 2) is how many packages are compiled at a time.
# With a NAME only that program is built: `make manifests` needs helm alone.
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

lab=$root/istio-lab
out=$tools/istio
only=${1:-}
# Everything Go keeps (several GB) goes to a folder that is removed once all is built, not to the user's caches. A build that was
# interrupted goes on from it.
work=$build/istio${only:+-$only}
jobs=${HOGUSU_GO_JOBS:-2}

# Package -> program. Go names a program after its package's folder.
declare -A programs=(
    [go.etcd.io/etcd/server/v3]=etcd
    [github.com/google/go-containerregistry/cmd/crane]=crane
    [helm.sh/helm/v4/cmd/helm]=helm
    [k8s.io/kubernetes/cmd/kube-apiserver]=kube-apiserver
    [k8s.io/kubernetes/cmd/kubectl]=kubectl
    [istio.io/istio/pilot/cmd/pilot-discovery]=istiod
    [istio.io/istio/pilot/cmd/pilot-agent]=pilot-agent
    [istio.io/istio/istioctl/cmd/istioctl]=istioctl
)

# version_of MODULE: as go.mod requires it.
version_of() {
    local version
    version=$(awk -v module="$1" '$1 == module { print $2 }' "$lab/go.mod" | head -n 1)
    [ -n "$version" ] || die "$lab/go.mod does not require $1"
    printf '%s\n' "$version"
}

istio_version=$(version_of istio.io/istio)
k8s_version=$(version_of k8s.io/kubernetes)
minor=${k8s_version#v1.}
k8s=k8s.io/component-base/version
flags="-s -w -X istio.io/istio/pkg/version.buildVersion=${istio_version##*-}"
flags+=" -X $k8s.gitVersion=$k8s_version -X $k8s.gitMajor=1 -X $k8s.gitMinor=${minor%%.*}"
flags+=" -X helm.sh/helm/v4/internal/version.version=$(version_of helm.sh/helm/v4)"

# What everything here is made from, and how.
pinned=$(printf '%s\n' "$flags" | cat - "$lab"/go.{mod,sum} | sha256sum)

# is_made FILE: with these pins.
is_made() { [ -e "$out/$1" ] && [ "$(cat "$out/$1.stamp" 2>/dev/null)" = "$pinned" ]; }

go_caches() {
    export GOCACHE=$work/cache GOMODCACHE=$work/mod GOFLAGS="-mod=readonly -modcacherw -buildvcs=false" CGO_ENABLED=0
    cd "$lab"
}

# Reads what Go says as it works: thousands of lines become some dozens, and whatever else it says stays.
progress() {
    local line modules=0 packages=0
    while IFS= read -r line; do
        case $line in
        "go: downloading "*) modules=$((modules + 1)) && every 50 "$modules" "modules downloaded" ;;
        *" "*) say "$line" ;;
        *) packages=$((packages + 1)) && every 250 "$packages" "packages compiled" ;;
        esac
    done
}

# every N COUNT WHAT: says the count, each time it is a multiple of N.
every() { if [ $(($2 % $1)) -eq 0 ]; then say "    $2 $3"; fi; }

# Only a download may be tried again: what does not compile never will.
download() { go list -deps "$@" 2>&1 >/dev/null | progress; }

# Compiles and links packages side by side.
compile() { go build -v -p "$jobs" -trimpath -ldflags "$flags" -o "$work/programs/" "$@" 2>&1 | progress; }

build_programs() {
    local package
    go_caches
    mkdir -p "$work/programs"
    retry download "$@"
    compile "$@"
    for package in "$@"; do
        mv "$work/programs/$(basename "${package%/v3}")" "$out/${programs[$package]}"
        printf '%s\n' "$pinned" >"$out/${programs[$package]}.stamp"
    done
}

# folder_of MODULE: where a module was unpacked.
folder_of() { retry go mod download -json "$1" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p'; }

# Istio's CRDs and the template from which the agent writes Envoy's bootstrap come with its module; the Gateway API's, of which a
# waypoint needs two, with one that it depends on.
files=(crds.yaml envoy_bootstrap.json gateway-api.yaml)

copy_istio_files() {
    local module definitions file
    go_caches
    module=$(folder_of istio.io/istio)
    definitions=$(folder_of sigs.k8s.io/gateway-api)/config/crd/standard/gateway.networking.k8s.io
    install -m 644 "$module/manifests/charts/base/files/crd-all.gen.yaml" "$out/crds.yaml"
    install -m 644 "$module/tools/packaging/common/envoy_bootstrap.json" "$out/envoy_bootstrap.json"
    printf -- '---\n' | cat "${definitions}_gatewayclasses.yaml" - "${definitions}_gateways.yaml" >"$out/gateway-api.yaml"
    for file in "${files[@]}"; do printf '%s\n' "$pinned" >"$out/$file.stamp"; done
}

mkdir -p "$out" "$build"
# Two of us would build the same, and one remove what the other builds with.
if command -v flock >/dev/null; then
    exec 9>"$out/.lock"
    flock 9
fi

missing=()
for package in "${!programs[@]}"; do
    name=${programs[$package]}
    if [ -z "$only" ] || [ "$only" = "$name" ]; then is_made "$name" || missing+=("$package"); fi
done
if [ ${#missing[@]} -gt 0 ]; then
    names=$(for package in "${missing[@]}"; do printf ' %s' "${programs[$package]}"; done)
    step "the Istio lab's programs (Go, once):$names" build_programs "${missing[@]}"
fi
for file in "${files[@]}"; do
    if [ -z "$only" ] && ! is_made "$file"; then step "Istio's CRDs and bootstrap template" copy_istio_files; fi
done
rm -rf "$work"
