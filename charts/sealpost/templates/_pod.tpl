{{/* Pod Security "restricted", and nobody's home directory either: the user of the image. */}}
{{- define "sealpost.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "sealpost.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Where pods run: (list $ component values). */}}
{{- define "sealpost.placement" -}}
{{- $root := index . 0 -}}
{{- $own := index . 1 -}}
{{- with default $root.Values.nodeSelector $own.nodeSelector }}
nodeSelector:
{{- toYaml . | nindent 2 }}
{{- end }}
{{- with default $root.Values.tolerations $own.tolerations }}
tolerations:
{{- toYaml . | nindent 2 }}
{{- end }}
{{- with default $root.Values.affinity $own.affinity }}
affinity:
{{- toYaml . | nindent 2 }}
{{- end }}
{{- with default $root.Values.priorityClassName $own.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with $root.Values.imagePullSecrets }}
imagePullSecrets:
{{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Replicas apart from each other, as far as that is possible, those of each version by themselves: (list $ "api"). */}}
{{- define "sealpost.spread" -}}
{{- $root := index . 0 -}}
{{- $own := (index $root.Values (index . 1)).topologySpreadConstraints -}}
{{- $selector := dict "matchLabels" (include "sealpost.selector" . | fromYaml) -}}
{{- if not $own -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" -}}
{{- $own = append $own (dict "maxSkew" 1 "topologyKey" . "whenUnsatisfiable" "ScheduleAnyway" "matchLabelKeys" (list "pod-template-hash")) -}}
{{- end -}}
{{- end -}}
{{- range $own }}
- {{ merge (dict) . (dict "labelSelector" $selector) | toYaml | nindent 2 | trim }}
{{- end -}}
{{- end -}}

{{/* Secrets of the chart's own by what they hold, so that pods follow a change: (list $ "file" …), under templates/. */}}
{{- define "sealpost.checksums" -}}
{{- $root := index . 0 -}}
{{- range rest . }}
checksum/{{ . | trimSuffix ".yaml" | replace "/" "-" }}: {{ include (print $root.Template.BasePath "/" .) $root | sha256sum }}
{{- end -}}
{{- end -}}

{{/*
The Deployment of one component:
  root, name (api, delivery, controller), env, volumes (text), mounts (text, beside those), ports (name → number),
  initContainers (text), strategy, scaled (whether something else sets the replicas)
*/}}
{{- define "sealpost.deployment" -}}
{{- $root := .root -}}
{{- $own := index $root.Values .name -}}
{{- $component := list $root .name -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "sealpost.fullname" $root }}-{{ .name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "sealpost.labels" $component | nindent 4 }}
spec:
  {{- if not .scaled }}
  replicas: {{ $own.replicas }}
  {{- end }}
  strategy:
    {{- toYaml .strategy | nindent 4 }}
  selector:
    matchLabels:
      {{- include "sealpost.selector" $component | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "sealpost.labels" $component | nindent 8 }}
        {{- with $own.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      annotations:
        kubectl.kubernetes.io/default-container: {{ .name }}
        {{- with .checksums }}
        {{- include "sealpost.checksums" (prepend . $root) | trim | nindent 8 }}
        {{- end }}
        {{- with $own.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ include "sealpost.serviceAccount" $component }}
      automountServiceAccountToken: {{ eq .name "controller" }}
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ $own.terminationGracePeriodSeconds }}
      securityContext:
        {{- include "sealpost.podSecurity" $root | nindent 8 }}
      {{- with include "sealpost.placement" (list $root $own) | trim }}
      {{- . | nindent 6 }}
      {{- end }}
      topologySpreadConstraints:
        {{- include "sealpost.spread" $component | trim | nindent 8 }}
      {{- with .initContainers }}
      initContainers:
        {{- . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .name }}
          image: {{ include "sealpost.image" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: [{{ .name }}]
          env:
            {{- .env | trim | nindent 12 }}
            {{- with include "sealpost.env.user" (list $root $own) | trim }}
            {{- . | nindent 12 }}
            {{- end }}
          ports:
            {{- range $port, $number := .ports }}
            - name: {{ $port }}
              containerPort: {{ $number }}
            {{- end }}
          startupProbe:
            httpGet: {path: /livez, port: metrics}
            periodSeconds: 1
            failureThreshold: 60
          livenessProbe:
            httpGet: {path: /livez, port: metrics}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: {path: /readyz, port: metrics}
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 3
          {{- if $own.preStopSeconds }}
          lifecycle:
            preStop:
              sleep:
                seconds: {{ $own.preStopSeconds }}
          {{- end }}
          resources:
            {{- toYaml $own.resources | nindent 12 }}
          securityContext:
            {{- include "sealpost.containerSecurity" $root | nindent 12 }}
          {{- $mounts := include "sealpost.mounts" .volumes | trim }}
          {{- if or $mounts $own.extraVolumeMounts }}
          volumeMounts:
            {{- with $mounts }}
            {{- . | nindent 12 }}
            {{- end }}
            {{- with $own.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- end }}
      {{- if or (trim .volumes) $own.extraVolumes }}
      volumes:
        {{- with trim .volumes }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- with $own.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
{{- end -}}

{{/* Brings a database that is a part of the release up to this version, before a pod uses it. */}}
{{- define "sealpost.migrateFirst" -}}
{{- if and .Values.trial.enabled .Values.migrations.enabled -}}
- name: migrate
  image: {{ include "sealpost.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args: [migrate, --wait]
  env:
    {{- include "sealpost.env.owner" . | nindent 4 }}
  resources:
    {{- toYaml .Values.migrations.resources | nindent 4 }}
  securityContext:
    {{- include "sealpost.containerSecurity" . | nindent 4 }}
{{- end -}}
{{- end -}}
