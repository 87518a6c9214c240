{{/* The filter's configuration, the same for every listener, and the plugin object that brings it. */}}

{{/* What the filter is told, without hook and revision, as a dict in JSON. */}}
{{- define "hogusu.configuration" -}}
{{- $host := include "hogusu.host" . -}}
{{- $collector := dict "envoy_cluster" (printf "outbound|%s||%s" (include "hogusu.port" .) $host) "authority" $host -}}
{{- $own := dict "version" 1 "collector" $collector -}}
{{- toJson (merge $own (deepCopy (.Values.filter.config | default dict))) -}}
{{- end }}

{{/* Which module with which configuration: a proxy that reports it runs these. */}}
{{- define "hogusu.revision" -}}
{{- $configuration := include "hogusu.configuration" . -}}
{{- $file := ternary .Values.moduleFile (dict) .Values.moduleFile.enabled -}}
{{- printf "%s\n%s\n%s\n%s" .Values.filter.url .Values.filter.sha256 $configuration (toJson $file) | sha256sum | trunc 12 -}}
{{- end }}

{{/* The whole configuration for a hook; arguments: the chart's context, the hook, further keys. */}}
{{- define "hogusu.configuration.of" -}}
{{- $own := dict "hook" .hook "revision" (include "hogusu.revision" .root) -}}
{{- toJson (merge $own (.keys | default dict) (include "hogusu.configuration" .root | fromJson)) -}}
{{- end }}

{{/*
WasmPlugin or TrafficExtension. `auto` takes what the API server has, and stays with a WasmPlugin that is there: both at once
would count twice.
*/}}
{{- define "hogusu.kind" -}}
{{- $root := .root -}}
{{- $kind := $root.Values.filter.kind -}}
{{- if ne $kind "auto" -}}
{{- $kind -}}
{{- else if not ($root.Capabilities.APIVersions.Has "extensions.istio.io/v1alpha1/TrafficExtension") -}}
WasmPlugin
{{- else if lookup "extensions.istio.io/v1alpha1" "WasmPlugin" .namespace .name -}}
WasmPlugin
{{- else -}}
TrafficExtension
{{- end -}}
{{- end }}

{{/* One plugin object; arguments: root, namespace, name, and selector or gateway. */}}
{{- define "hogusu.plugin" -}}
{{- $root := .root -}}
{{- $kind := include "hogusu.kind" . -}}
{{- $filter := $root.Values.filter -}}
{{- if not $filter.url }}{{ fail "filter.url: say where the filter's image is, as oci://REGISTRY/hogusu/filter:VERSION" }}{{ end -}}
{{- if not $filter.sha256 }}{{ fail "filter.sha256: say the digest of the filter's image, so that nothing else can run" }}{{ end -}}
apiVersion: extensions.istio.io/v1alpha1
kind: {{ $kind }}
metadata:
  name: {{ .name }}
  namespace: {{ .namespace | quote }}
  labels:
    app.kubernetes.io/name: hogusu-filter
    {{- include "hogusu.labels" $root | nindent 4 }}
spec:
  {{- with .selector }}
  selector:
    matchLabels:
      {{- include "hogusu.strings" . | trim | nindent 6 }}
  {{- end }}
  {{- with .gateway }}
  targetRefs:
  - group: gateway.networking.k8s.io
    kind: Gateway
    name: {{ . | quote }}
  {{- end }}
  # After authorization, so that denied requests are seen as denied; before Istio's own faults, so that they are seen as such.
  phase: STATS
  match:
  - mode: CLIENT_AND_SERVER
  {{- if eq $kind "TrafficExtension" }}
  wasm:
    {{- include "hogusu.module" $root | nindent 4 }}
  {{- else }}
  {{- include "hogusu.module" $root | nindent 2 }}
  {{- end }}
{{- end }}

{{/* The part that both kinds write alike. */}}
{{- define "hogusu.module" -}}
{{- $filter := .Values.filter -}}
url: {{ $filter.url | quote }}
sha256: {{ $filter.sha256 | quote }}
imagePullPolicy: IfNotPresent
{{- with $filter.imagePullSecret }}
imagePullSecret: {{ . | quote }}
{{- end }}
# A module that cannot be had or that traps is passed by (docs/troubleshooting.md says what this does not cover).
failStrategy: FAIL_OPEN
pluginName: hogusu
pluginConfig:
  {{- include "hogusu.configuration.of" (dict "root" . "hook" "http_filter") | fromJson | toYaml | nindent 2 }}
{{- end }}
