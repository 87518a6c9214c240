{{/*
The pods whose proxies are in scope now: how many, as text. They are asked of the API server at install time, so there are none with
`helm template`. A pod that several entries fit is one.
*/}}

{{- define "hogusu.pods" -}}
{{- $found := dict -}}
{{- $root := .Values.istio.rootNamespace -}}
{{- range include "hogusu.targets" . | fromJsonArray -}}
{{- $labels := .selector | default dict -}}
{{- range (lookup "v1" "Pod" (eq .namespace $root | ternary "" .namespace) "").items -}}
{{- $isWaypoint := include "hogusu.fits" (dict "object" . "labels" (dict "gateway.istio.io/managed" "istio.io-mesh-controller")) -}}
{{- if and (include "hogusu.meshed" .) (not $isWaypoint) (include "hogusu.fits" (dict "object" . "labels" $labels)) -}}
{{- $_ := set $found (printf "%s/%s" .metadata.namespace .metadata.name) true -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range .Values.waypoints -}}
{{- $labels := dict "gateway.networking.k8s.io/gateway-name" .name -}}
{{- range (lookup "v1" "Pod" .namespace "").items -}}
{{- if and (include "hogusu.meshed" .) (include "hogusu.fits" (dict "object" . "labels" $labels)) -}}
{{- $_ := set $found (printf "%s/%s" .metadata.namespace .metadata.name) true -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- len $found -}}
{{- end }}

{{/* "true" where a pod has Istio's proxy, beside others or alone, and has not ended. */}}
{{- define "hogusu.meshed" -}}
{{- $status := .status | default dict -}}
{{- $has := false -}}
{{- range concat (.spec.containers | default list) (.spec.initContainers | default list) -}}
{{- if eq .name "istio-proxy" -}}{{- $has = true -}}{{- end -}}
{{- end -}}
{{- if and $has (not (has $status.phase (list "Succeeded" "Failed"))) -}}true{{- end -}}
{{- end }}
