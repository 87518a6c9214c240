#!/usr/bin/env bash
# Renders the chart in istio/ into istio/manifests, for people without Helm; with `check` it only says whether what lies there is
# what the chart renders. Registry, digest, namespace and workload in them are examples to replace (docs/install-istio.md).
set -euo pipefail
# shellcheck source=make/steps.sh
source "$(dirname "$0")/steps.sh"

chart=$root/istio
version=$(sed -n 's/^appVersion: //p' "$chart/Chart.yaml")
filter=(
    --set collector.enabled=false
    --set "filter.url=oci://registry.example.com/hogusu/filter:$version"
    --set-string "filter.sha256=$(printf '0%.0s' {1..64})"
    --set filter.kind=WasmPlugin
)

# render FILE OPTIONS...: what no Helm manages does not say that it does.
render() {
    local file=$1
    shift
    {
        printf '# Rendered from the chart in istio/ by "make manifests": change it there.\n'
        "$tools/istio/helm" template hogusu "$chart" --namespace hogusu-system "$@" |
            sed -e '/app.kubernetes.io\/managed-by: "Helm"/d' -e '/helm.sh\/chart: /d' -e '/^# Source: /d'
    } >"$out/$file"
}

render_all() {
    render collector.yaml
    render filter-workload.yaml "${filter[@]}" --set-json 'scope={"workloads": [{"namespace": "shop", "labels": {"app": "checkout"}}]}'
    render filter-namespace.yaml "${filter[@]}" --set-json 'scope={"namespaces": ["shop"]}'
    render filter-mesh.yaml "${filter[@]}" --set scope.mesh=true
    render filter-waypoint.yaml "${filter[@]}" --set-json 'waypoints=[{"namespace": "shop", "name": "waypoint"}]'
    render filter-namespace-module-file.yaml "${filter[@]}" --set-json 'scope={"namespaces": ["shop"]}' --set moduleFile.enabled=true
}

"$root/make/istio.sh" helm
if [ "${1:-}" != check ]; then
    out=$chart/manifests
    mkdir -p "$out"
    rm -f "$out"/*.yaml
    render_all
    exit
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
render_all
diff -ru "$chart/manifests" "$out" >&2 || die "istio/manifests is not what the chart renders: run \`make manifests\`"
