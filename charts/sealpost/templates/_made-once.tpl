{{/*
64 hex digits, in base64 as a Secret has them: those in the cluster when there are any. (list $ "encryption" "keys").
Rendered in several places (checksums), so one rendering remembers what it made.
*/}}
{{- define "sealpost.madeOnce" -}}
{{- $root := index . 0 -}}
{{- $name := printf "%s-%s" (include "sealpost.fullname" $root) (index . 1) -}}
{{- $key := index . 2 -}}
{{- $there := lookup "v1" "Secret" $root.Release.Namespace $name -}}
{{- if and $there (hasKey (default dict $there.data) $key) -}}
{{- index $there.data $key -}}
{{- else if and $root.Release.IsUpgrade (has (index . 1) (list "encryption" "pepper")) $there -}}
{{- fail (printf "the Secret %s has no key %s any more: a new one would make what is stored unreadable; put the old one back" $name $key) -}}
{{- else -}}
{{- if not (hasKey $root.Values "madeOnce") -}}{{- $_ := set $root.Values "madeOnce" dict -}}{{- end -}}
{{- if not (hasKey $root.Values.madeOnce $name) -}}
{{- $_ := set $root.Values.madeOnce $name (randBytes 32 | sha256sum) -}}
{{- end -}}
{{- index $root.Values.madeOnce $name | b64enc -}}
{{- end -}}
{{- end -}}
