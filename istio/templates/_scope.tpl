{{/*
Where the filter runs: a list of {namespace, name, selector} in JSON, one plugin object for each. No listener may get the filter
twice, for it would count twice: what overlaps is refused here as far as names tell.
*/}}

{{- define "hogusu.targets" -}}
{{- $scope := .Values.scope -}}
{{- $root := .Values.istio.rootNamespace -}}
{{- $namespaces := uniq ($scope.namespaces | default list) -}}
{{- if $scope.namespaceSelector -}}
{{- $namespaces = uniq (concat $namespaces (include "hogusu.selected" . | fromJsonArray)) -}}
{{- end -}}
{{- if and $scope.mesh (or $namespaces $scope.workloads) -}}
{{- fail "scope.mesh is the whole mesh: leave scope.namespaces, scope.namespaceSelector and scope.workloads empty, or the filter counts twice" -}}
{{- end -}}
{{- if has $root $namespaces -}}
{{- fail (printf "scope.namespaces: a plugin in %s, Istio's root namespace, is for the whole mesh: say scope.mesh, or name its workloads in scope.workloads" $root) -}}
{{- end -}}
{{- $targets := list -}}
{{- if $scope.mesh -}}
{{- $targets = append $targets (dict "namespace" $root "name" "hogusu") -}}
{{- end -}}
{{- range $namespaces -}}
{{- $targets = append $targets (dict "namespace" . "name" "hogusu") -}}
{{- end -}}
{{- $seen := list -}}
{{- $begun := list -}}
{{- range $scope.workloads -}}
{{- $key := printf "%s/%s" .namespace (toJson .labels) -}}
{{- if has .namespace $namespaces -}}
{{- fail (printf "scope.workloads: namespace %s is in scope as a whole already; the filter would count twice" .namespace) -}}
{{- else if has $key $seen -}}
{{- fail (printf "scope.workloads: %s is there twice; the filter would count twice" $key) -}}
{{- end -}}
{{- $seen = append $seen $key -}}
{{- /* The first of a namespace has the name that the namespace's own would have: from one to the other is a change of one object. */ -}}
{{- $name := has .namespace $begun | ternary (printf "hogusu-%s" (include "hogusu.suffix" .labels)) "hogusu" -}}
{{- $begun = append $begun .namespace -}}
{{- $targets = append $targets (dict "namespace" .namespace "name" $name "selector" .labels) -}}
{{- end -}}
{{- $gateways := list -}}
{{- range .Values.waypoints -}}
{{- $key := printf "%s/%s" .namespace .name -}}
{{- if has $key $gateways -}}
{{- fail (printf "waypoints: %s is there twice; the filter would count twice" $key) -}}
{{- end -}}
{{- $gateways = append $gateways $key -}}
{{- end -}}
{{- toJson $targets -}}
{{- end }}

{{/* A name's end that people recognise and that is unique: the labels' values, and a hash of them. */}}
{{- define "hogusu.suffix" -}}
{{- $values := list -}}
{{- range $key, $value := . -}}{{- $values = append $values $value -}}{{- end -}}
{{- $words := regexReplaceAll "[^a-z0-9-]+" (join "-" $values | lower) "-" | trunc 40 | trimAll "-" -}}
{{- printf "%s-%s" $words (. | toJson | sha256sum | trunc 6) -}}
{{- end }}

{{/* The namespaces that carry the labels of scope.namespaceSelector now: asked of the API server, so not for GitOps. */}}
{{- define "hogusu.selected" -}}
{{- $wanted := .Values.scope.namespaceSelector -}}
{{- $found := list -}}
{{- range (lookup "v1" "Namespace" "" "").items -}}
{{- if include "hogusu.fits" (dict "object" . "labels" $wanted) -}}{{- $found = append $found .metadata.name -}}{{- end -}}
{{- end -}}
{{- if not $found -}}
{{- fail (printf "scope.namespaceSelector: no namespace has the labels %s (asked of the API server at install time; without one, as with helm template or GitOps, name scope.namespaces)" (toJson $wanted)) -}}
{{- end -}}
{{- toJson (sortAlpha $found) -}}
{{- end }}

{{/* "true" where an object has all of these labels, also where a value is empty; arguments: object, labels. */}}
{{- define "hogusu.fits" -}}
{{- $own := .object.metadata.labels | default dict -}}
{{- $fits := true -}}
{{- range $key, $value := .labels -}}
{{- if or (not (hasKey $own $key)) (ne (get $own $key | toString) $value) -}}{{- $fits = false -}}{{- end -}}
{{- end -}}
{{- if $fits -}}true{{- end -}}
{{- end }}
