{{/* Who may scrape a pod, as a rule of ingress: (list $ "metrics"). */}}
{{- define "sealpost.network.metrics" -}}
{{- $root := index . 0 -}}
- ports:
    - {protocol: TCP, port: metrics}
  {{- with $root.Values.networkPolicy.metrics.from }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{/* A policy takes blocks only; an address alone is the block of itself, as in the programs. */}}
{{- define "sealpost.network.block" -}}
{{- if contains "/" . -}}{{ . }}{{- else -}}{{ . }}/{{ ternary "128" "32" (contains ":" .) }}{{- end -}}
{{- end -}}
