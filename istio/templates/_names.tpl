{{/* Names and labels. Of the collector there is one in a mesh, so its names are fixed: filters and policies name it. */}}

{{- define "hogusu.collector" -}}
hogusu-collector
{{- end }}

{{- define "hogusu.port" -}}
4318
{{- end }}

{{/* The collector's Service by its full name: what filters ask for. */}}
{{- define "hogusu.host" -}}
{{ include "hogusu.collector" . }}.{{ .Release.Namespace }}.svc.{{ .Values.istio.clusterDomain }}
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
