{{/* What everything in the release is called after; 42 characters, so that every suffix still fits: 63 in labels, 52 of a CronJob. */}}
{{- define "sealpost.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 42 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default "sealpost" .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 42 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Names that are the cluster's carry the namespace: a release of the same name elsewhere has its own. */}}
{{- define "sealpost.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "sealpost.fullname" .) -}}
{{- end -}}

{{/* For one component: (list $ "api"). */}}
{{- define "sealpost.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default "sealpost" $root.Values.nameOverride | quote }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "sealpost.labels" -}}
{{- $root := index . 0 -}}
{{ include "sealpost.selector" . }}
app.kubernetes.io/part-of: sealpost
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "sealpost.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sealpost.serviceAccount" -}}
{{- $root := index . 0 -}}
{{- $account := (index $root.Values (index . 1)).serviceAccount -}}
{{- if $account.create -}}
{{ default (printf "%s-%s" (include "sealpost.fullname" $root) (index . 1)) $account.name }}
{{- else -}}
{{ default "default" $account.name }}
{{- end -}}
{{- end -}}

{{/* The Secret that is named, or the one that the release makes: (list $ .Values.postgres "postgres"). */}}
{{- define "sealpost.secret" -}}
{{- default (printf "%s-%s" (include "sealpost.fullname" (index . 0)) (index . 2)) (index . 1).existingSecret -}}
{{- end -}}

{{- define "sealpost.apiHost" -}}
{{- printf "%s-api.%s.svc" (include "sealpost.fullname" .) .Release.Namespace -}}
{{- end -}}

{{/* The Secret with the api's certificate, or nothing: then it speaks plain text. */}}
{{- define "sealpost.apiCertificate" -}}
{{- with .Values.api.tls -}}
{{- if .certManager.enabled -}}{{ include "sealpost.fullname" $ }}-api-tls{{- else -}}{{ .existingSecret }}{{- end -}}
{{- end -}}
{{- end -}}
