{{/* One variable from a Secret: (list "NAME" "secret" "key"). Quoted, as all that users name: YAML reads no and 1e3 as no text. */}}
{{- define "sealpost.fromSecret" -}}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef:
      name: {{ index . 1 | quote }}
      key: {{ index . 2 | quote }}
{{- end -}}

{{/* What every pod has. */}}
{{- define "sealpost.env.process" -}}
- name: NODE_ENV
  value: production
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- if .Values.trustedCA.existingSecret }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/sealpost/trusted/ca.crt
{{- end }}
{{- with .Values.tracing }}
{{- if .endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ .endpoint | quote }}
{{- end }}
{{- if .sampler }}
- name: OTEL_TRACES_SAMPLER
  value: {{ .sampler | quote }}
{{- end }}
{{- if ne (toString .samplerArg) "" }}
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ .samplerArg | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What the user adds: (list $ component values). They come last, so that they win. */}}
{{- define "sealpost.env.user" -}}
{{- $root := index . 0 -}}
{{- range $name, $value := $root.Values.config }}
- name: {{ $name }}
  value: {{ include "sealpost.setting" (list $name $value) | quote }}
{{- end }}
{{- with $root.Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- with (index . 1).extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/*
A setting as the programs read it: (list "NAME" value). Helm reads whole numbers as floats, and shows large ones with an
exponent; YAML reads on and off without quotes as booleans.
*/}}
{{- define "sealpost.setting" -}}
{{- $value := index . 1 -}}
{{- if kindIs "float64" $value -}}
{{ int64 $value }}
{{- else if and (kindIs "bool" $value) (eq (index . 0) "GRPC_REFLECTION") -}}
{{ ternary "on" "off" $value }}
{{- else -}}
{{ $value }}
{{- end -}}
{{- end -}}

{{/*
What the programs of the release are told in plain text, neither secrets nor files: the migration refuses what is wrong in it
before anything is rolled out. config and extraEnv, which every pod has, are not repeated. The regions may stand in a Secret,
which is not waited for: only with them can be told whether the region of the release is one.
*/}}
{{- define "sealpost.env.plain" -}}
{{- $told := list -}}
{{- range list "api" "delivery" "controller" -}}
{{- if (index $.Values .).enabled -}}{{- $told = include (printf "sealpost.%s.env" .) $ | fromYamlArray | concat $told -}}{{- end -}}
{{- end -}}
{{- if include "sealpost.bootstrap.enabled" . -}}{{- $told = include "sealpost.bootstrap.env" . | fromYamlArray | concat $told -}}{{- end -}}
{{- $plain := dict -}}
{{- range $told -}}
{{- if and .value (not (hasPrefix "/etc/sealpost/" .value)) -}}{{- $_ := set $plain .name .value -}}{{- end -}}
{{- end -}}
{{- range include "sealpost.env.process" . | fromYamlArray -}}{{- $_ := unset $plain .name -}}{{- end -}}
{{- range $name, $value := $plain }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- with .Values.nats.existingSecret }}
{{ include "sealpost.fromSecret" (list "SEALPOST_REGIONS" . $.Values.nats.existingSecretKey) }}
      optional: true
{{- end }}
{{- end -}}

{{- define "sealpost.env.database" -}}
{{ include "sealpost.fromSecret" (list "DATABASE_URL" (include "sealpost.secret" (list . .Values.postgres "postgres")) .Values.postgres.existingSecretKey) }}
{{- end -}}

{{/* The address of who owns the tables. */}}
{{- define "sealpost.env.owner" -}}
{{- if .Values.postgres.owner.existingSecret -}}
{{ include "sealpost.fromSecret" (list "DATABASE_URL" .Values.postgres.owner.existingSecret .Values.postgres.owner.existingSecretKey) }}
{{- else -}}
{{ include "sealpost.env.database" . }}
{{- end }}
{{- if .Values.postgres.appRole }}
- name: DATABASE_APP_ROLE
  value: {{ .Values.postgres.appRole | quote }}
{{- end }}
{{- end -}}

{{/* us=nats://a|nats://b,eu=… */}}
{{- define "sealpost.regions" -}}
{{- $regions := list -}}
{{- if .Values.trial.enabled -}}
{{- $regions = append $regions (printf "%s=nats://%s-nats:4222" .Values.region (include "sealpost.fullname" .)) -}}
{{- end -}}
{{- range $name, $servers := .Values.nats.regions -}}
{{- $regions = append $regions (printf "%s=%s" $name (join "|" $servers)) -}}
{{- end -}}
{{- join "," $regions -}}
{{- end -}}

{{/* Of api and delivery: the record, the streams, the keys. */}}
{{- define "sealpost.env.service" -}}
{{ include "sealpost.env.process" . }}
{{ include "sealpost.env.database" . }}
{{- if .Values.nats.existingSecret }}
{{ include "sealpost.fromSecret" (list "SEALPOST_REGIONS" .Values.nats.existingSecret .Values.nats.existingSecretKey) }}
{{- else }}
- name: SEALPOST_REGIONS
  value: {{ include "sealpost.regions" . | quote }}
{{- end }}
{{- if .Values.nats.credentials.existingSecret }}
- name: NATS_CREDENTIALS_FILE
  value: /etc/sealpost/nats/nats.creds
{{- end }}
{{- if and .Values.trial.enabled (not (hasKey .Values.config "STREAM_MAX_BYTES")) }}
- name: STREAM_MAX_BYTES
  value: {{ .Values.trial.nats.streamMaxBytes }}
{{- end }}
{{- with .Values.encryption }}
- name: SECRET_KEY_PROVIDER
  value: {{ .provider | quote }}
{{- if include "sealpost.keyring" $ }}
- name: WEBHOOK_SECRET_KEYS_FILE
  value: /etc/sealpost/encryption/keys
{{- end }}
{{- if .vault.transitKey }}
- name: VAULT_ADDR
  value: {{ .vault.address | quote }}
- name: VAULT_TRANSIT_KEY
  value: {{ .vault.transitKey | quote }}
- name: VAULT_TRANSIT_MOUNT
  value: {{ .vault.transitMount | quote }}
{{- if .vault.namespace }}
- name: VAULT_NAMESPACE
  value: {{ .vault.namespace | quote }}
{{- end }}
{{- if .vault.existingSecret }}
- name: VAULT_TOKEN_FILE
  value: /etc/sealpost/vault/token
{{- else if .vault.tokenFile }}
- name: VAULT_TOKEN_FILE
  value: {{ .vault.tokenFile | quote }}
{{- end }}
{{- if $.Values.trustedCA.existingSecret }}
- name: VAULT_CACERT
  value: /etc/sealpost/trusted/ca.crt
{{- end }}
{{- end }}
{{- if .awsKms.keyId }}
- name: AWS_KMS_KEY_ID
  value: {{ .awsKms.keyId | quote }}
{{- end }}
{{- end }}
{{- with .Values.egress.denyCIDRs }}
- name: EGRESS_DENY_CIDRS
  value: {{ join "," . | quote }}
{{- end }}
{{- end -}}

{{/* Whether there is a keyring in a Secret: "true" or nothing. */}}
{{- define "sealpost.keyring" -}}
{{- if or .Values.encryption.existingSecret (eq .Values.encryption.provider "local") -}}true{{- end -}}
{{- end -}}

{{/* Files of api and delivery. A mounted Secret is followed when it changes, where the program follows files. */}}
{{- define "sealpost.volumes.service" -}}
{{- if include "sealpost.keyring" . }}
{{ include "sealpost.volume" (list "encryption" (include "sealpost.secret" (list . .Values.encryption "encryption")) .Values.encryption.existingSecretKey "keys") }}
{{- end }}
{{- if .Values.nats.credentials.existingSecret }}
{{ include "sealpost.volume" (list "nats" .Values.nats.credentials.existingSecret .Values.nats.credentials.existingSecretKey "nats.creds") }}
{{- end }}
{{- if and .Values.encryption.vault.transitKey .Values.encryption.vault.existingSecret }}
{{ include "sealpost.volume" (list "vault" .Values.encryption.vault.existingSecret .Values.encryption.vault.existingSecretKey "token") }}
{{- end }}
{{- with include "sealpost.volumes.owner" . | trim }}
{{ . }}
{{- end }}
{{- end -}}

{{/* Files of whoever speaks with Postgres. */}}
{{- define "sealpost.volumes.owner" -}}
{{- include "sealpost.volumes.process" . }}
{{- if .Values.postgres.tlsSecret }}
- name: postgres
  secret:
    secretName: {{ .Values.postgres.tlsSecret | quote }}
    defaultMode: 0440
{{- end }}
{{- end -}}

{{- define "sealpost.volumes.process" -}}
{{- if .Values.trustedCA.existingSecret }}
{{ include "sealpost.volume" (list "trusted" .Values.trustedCA.existingSecret .Values.trustedCA.existingSecretKey "ca.crt") }}
{{- end }}
{{- end -}}

{{/* One key of a Secret as a file: (list "volume" "secret" "key" "file"). Readable by the pod's group alone. */}}
{{- define "sealpost.volume" -}}
- name: {{ index . 0 }}
  secret:
    secretName: {{ index . 1 | quote }}
    defaultMode: 0440
    items:
      - key: {{ index . 2 | quote }}
        path: {{ index . 3 }}
{{- end -}}

{{/* Where volumes that a template above made are mounted: each at /etc/sealpost/<name>. */}}
{{- define "sealpost.mounts" -}}
{{- range (fromYamlArray .) }}
- name: {{ .name }}
  mountPath: /etc/sealpost/{{ .name }}
  readOnly: true
{{- end }}
{{- end -}}
