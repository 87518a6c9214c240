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
namespace: {{ .Release.Namespace }}
labels:
  {{- include "hogusu.collector.selector" . | nindent 2 }}
  {{- include "hogusu.labels" . | nindent 2 }}
{{- end }}

{{- define "hogusu.collector.image" -}}
{{- with .Values.collector.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}
