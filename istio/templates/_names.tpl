{{/* Names and labels. Of the collector there is one in a mesh, so its names are fixed: filters and policies name it. */}}

{{- define "hogusu.collector" -}}
hogusu-collector
{{- end }}

{{- define "hogusu.port" -}}
4318
{{- end }}

{{/* Where the collector is: here, or where a release of filters alone says. */}}
{{- define "hogusu.collector.namespace" -}}
{{- $named := .Values.collector.namespace | default .Release.Namespace -}}
{{- if and .Values.collector.enabled (ne $named .Release.Namespace) -}}
{{- fail "collector.namespace: this release's collector is in the release's own namespace; leave the key empty, or say collector.enabled=false" -}}
{{- end -}}
{{- $named -}}
{{- end }}

{{/* The collector's Service by its full name: what filters ask for. */}}
{{- define "hogusu.host" -}}
{{ include "hogusu.collector" . }}.{{ include "hogusu.collector.namespace" . }}.svc.{{ .Values.istio.clusterDomain }}
{{- end }}

{{/* Every name by which the collector is asked: those of its Service, long and short, and those that the values give. */}}
{{- define "hogusu.collector.names" -}}
{{- $name := include "hogusu.collector" . -}}
{{- $near := printf "%s.%s" $name .Release.Namespace -}}
{{- $own := list (include "hogusu.host" .) (printf "%s.svc" $near) $near $name -}}
{{- concat $own (.Values.collector.publicHosts | default list) | toJson -}}
{{- end }}

{{- define "hogusu.labels" -}}
app.kubernetes.io/part-of: hogusu
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | quote }}
{{- end }}

{{- define "hogusu.collector.selector" -}}
app.kubernetes.io/name: {{ include "hogusu.collector" . }}
{{- end }}

{{- define "hogusu.collector.metadata" -}}
name: {{ include "hogusu.collector" . }}
namespace: {{ .Release.Namespace | quote }}
labels:
  {{- include "hogusu.collector.selector" . | nindent 2 }}
  {{- include "hogusu.labels" . | nindent 2 }}
{{- end }}

{{/*
Keys and values of a map of strings, values in quotes: to Kubernetes, which reads YAML 1.1, words such as on, 0123 and 1e3 are none.
A key with a prefix is one in any case.
*/}}
{{- define "hogusu.strings" -}}
{{- range $key, $value := . }}
{{ regexMatch "^[a-z][-a-z0-9.]*/[A-Za-z][-A-Za-z0-9_.]*$" $key | ternary $key ($key | quote) }}: {{ toRawJson $value }}
{{- end }}
{{- end }}

{{/* A list of strings, likewise. */}}
{{- define "hogusu.list" -}}
{{- range . }}
- {{ toRawJson . }}
{{- end }}
{{- end }}

{{/* Labels of the collector's pod in one map, the user's over the chart's; two of them the chart cannot do without. */}}
{{- define "hogusu.collector.podLabels" -}}
{{- $own := dict "sidecar.istio.io/inject" "true" -}}
{{- $own = merge $own (include "hogusu.collector.selector" . | fromYaml) (include "hogusu.labels" . | fromYaml) -}}
{{- $given := .Values.collector.podLabels | default dict -}}
{{- range $key, $why := dict "app.kubernetes.io/name" "Service, StatefulSet and policies find the pod by it" "sidecar.istio.io/inject" "the collector listens on loopback, and its sidecar alone lets others in" -}}
{{- if and (hasKey $given $key) (ne (get $given $key) (get $own $key)) -}}
{{- fail (printf "collector.podLabels: %s has to stay %s, for %s: leave it out" $key (get $own $key) $why) -}}
{{- end -}}
{{- end -}}
{{- include "hogusu.strings" (mergeOverwrite $own (deepCopy $given)) | trim -}}
{{- end }}

{{/*
Its annotations, likewise: the API server is asked through the sidecar; agents' metrics of proxies that do not report are plain HTTP to pod
addresses, which no sidecar need carry; and Istio's agent reads the collector's metrics on loopback and serves them at
:15020/stats/prometheus.
*/}}
{{- define "hogusu.collector.podAnnotations" -}}
{{- $own := dict
  "kubectl.kubernetes.io/default-container" "collector"
  "proxy.istio.io/config" "{\"holdApplicationUntilProxyStarts\": true}"
  "traffic.sidecar.istio.io/excludeOutboundPorts" "15020"
  "prometheus.io/scrape" "true"
  "prometheus.io/port" (include "hogusu.port" .)
  "prometheus.io/path" "/metrics"
-}}
{{- include "hogusu.strings" (mergeOverwrite $own (deepCopy (.Values.collector.podAnnotations | default dict))) | trim -}}
{{- end }}

{{- define "hogusu.collector.image" -}}
{{- with .Values.collector.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}
