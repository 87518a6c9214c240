{{/*
The pods whose proxies are in scope now: how many, as text. They are asked of the API server at install time, so there are none with
`helm template`. A pod that several entries fit is one, and each namespace is asked for once: it may have many pods.
*/}}

{{- define "hogusu.pods" -}}
{{- $root := .Values.istio.rootNamespace -}}
{{- $asked := dict -}}
{{- range include "hogusu.targets" . | fromJsonArray -}}
{{- $namespace := eq .namespace $root | ternary "" .namespace -}}
{{- $entry := dict "labels" (.selector | default dict) "forWaypoint" false -}}
{{- $_ := set $asked $namespace (append (get $asked $namespace | default list) $entry) -}}
{{- end -}}
{{- range .Values.waypoints -}}
{{- $entry := dict "labels" (dict "gateway.networking.k8s.io/gateway-name" .name) "forWaypoint" true -}}
{{- $_ := set $asked .namespace (append (get $asked .namespace | default list) $entry) -}}
{{- end -}}
{{- $found := dict -}}
{{- range $namespace, $entries := $asked -}}
{{- range $pod := (lookup "v1" "Pod" $namespace "").items -}}
{{- $isWaypoint := include "hogusu.fits" (dict "object" $pod "labels" (dict "gateway.istio.io/managed" "istio.io-mesh-controller")) -}}
{{- range $entries -}}
{{- $isMeant := and (or .forWaypoint (not $isWaypoint)) (include "hogusu.fits" (dict "object" $pod "labels" .labels)) -}}
{{- if and $isMeant (include "hogusu.meshed" $pod) -}}
{{- $_ := set $found (printf "%s/%s" $pod.metadata.namespace $pod.metadata.name) true -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- len $found -}}
{{- end }}

{{/*
"true" where a pod has Istio's Envoy, beside others or alone, and has not ended. Two containers have its name and no Envoy: ztunnel, and the
agent that only brings certificates to gRPC without a proxy.
*/}}
{{- define "hogusu.meshed" -}}
{{- $status := .status | default dict -}}
{{- $has := false -}}
{{- range concat (.spec.containers | default list) (.spec.initContainers | default list) -}}
{{- $image := .image | default "" | splitList "/" | last -}}
{{- $isZtunnel := or (hasPrefix "ztunnel" $image) (has "ztunnel" (.args | default list)) -}}
{{- $hasNoEnvoy := false -}}
{{- range .env | default list -}}
{{- if and (eq .name "DISABLE_ENVOY") (has (.value | default "") (list "1" "t" "T" "true" "True" "TRUE")) -}}{{- $hasNoEnvoy = true -}}{{- end -}}
{{- end -}}
{{- if and (eq .name "istio-proxy") (not $isZtunnel) (not $hasNoEnvoy) -}}{{- $has = true -}}{{- end -}}
{{- end -}}
{{- if and $has (not (has $status.phase (list "Succeeded" "Failed"))) -}}true{{- end -}}
{{- end }}
