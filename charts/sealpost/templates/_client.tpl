{{/* Where this release's api serves gRPC, or the one that is named: (list $ url). */}}
{{- define "sealpost.client.url" -}}
{{- $root := index . 0 -}}
{{- if index . 1 -}}
{{ index . 1 }}
{{- else -}}
{{ ternary "https" "http" (ne (include "sealpost.apiCertificate" $root) "") }}://{{ include "sealpost.apiHost" $root }}:{{ $root.Values.api.service.grpcPort }}
{{- end -}}
{{- end -}}

{{/* The Secret with the authority (ca.crt) of the api's certificate, or nothing. */}}
{{- define "sealpost.client.ca" -}}
{{- if .Values.controller.apiCASecret -}}
{{ .Values.controller.apiCASecret }}
{{- else if .Values.api.tls.privateCA -}}
{{ include "sealpost.apiCertificate" . }}
{{- end -}}
{{- end -}}

{{/* Of whoever calls the api of this release: (list $ "BOOTSTRAP"). */}}
{{- define "sealpost.client.env" -}}
{{- $root := index . 0 -}}
- name: {{ index . 1 }}_API_URL
  value: {{ include "sealpost.client.url" (list $root (ternary $root.Values.controller.apiUrl "" (eq (index . 1) "CONTROLLER"))) | quote }}
{{- if include "sealpost.client.ca" $root }}
- name: {{ index . 1 }}_API_CA_FILE
  value: /etc/sealpost/api-ca/ca.crt
{{- end }}
{{- if $root.Values.controller.clientCertSecret }}
- name: {{ index . 1 }}_API_CLIENT_CERT_FILE
  value: /etc/sealpost/api-client/tls.crt
- name: {{ index . 1 }}_API_CLIENT_KEY_FILE
  value: /etc/sealpost/api-client/tls.key
{{- end }}
- name: ALLOW_PLAINTEXT_API
  value: {{ or $root.Values.api.allowPlaintext $root.Values.trial.enabled | quote }}
{{- end -}}

{{- define "sealpost.client.volumes" -}}
{{ include "sealpost.volumes.process" . }}
{{- with include "sealpost.client.ca" . }}
{{ include "sealpost.volume" (list "api-ca" . "ca.crt" "ca.crt") }}
{{- end }}
{{- with .Values.controller.clientCertSecret }}
- name: api-client
  secret:
    secretName: {{ . | quote }}
    defaultMode: 0440
{{- end }}
{{- end -}}
