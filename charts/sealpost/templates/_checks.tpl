{{/* What no single value shows; everything that is wrong is said at once. */}}
{{- define "sealpost.checks" -}}
{{- $v := .Values -}}
{{- $wrong := list -}}
{{- $service := or $v.api.enabled $v.delivery.enabled -}}
{{- if not $v.region -}}
{{- $wrong = append $wrong "region: which region is this release for? Set one, as workspaces name it: --set region=us" -}}
{{- end -}}
{{- if not (or $service $v.controller.enabled) -}}
{{- $wrong = append $wrong "api.enabled, delivery.enabled, controller.enabled: all are off, nothing is left to install" -}}
{{- end -}}

{{- if $v.trial.enabled -}}
{{- if or $v.postgres.existingSecret $v.postgres.owner.existingSecret -}}
{{- $wrong = append $wrong "trial.enabled and postgres.existingSecret: a trial brings its own Postgres; leave one of them out" -}}
{{- end -}}
{{- if $v.nats.existingSecret -}}
{{- $wrong = append $wrong "trial.enabled and nats.existingSecret: a trial brings its own NATS; leave one of them out" -}}
{{- end -}}
{{- if hasKey $v.nats.regions $v.region -}}
{{- $wrong = append $wrong (printf "trial.enabled and nats.regions.%s: a trial brings the NATS of its region; leave one of them out" $v.region) -}}
{{- end -}}
{{- if not (and $v.api.enabled $v.delivery.enabled) -}}
{{- $wrong = append $wrong "trial.enabled: a trial is a whole installation, with api.enabled and delivery.enabled" -}}
{{- end -}}
{{- else if $service -}}
{{- if not $v.postgres.existingSecret -}}
{{- $wrong = append $wrong "postgres.existingSecret: there is no database. Make a Secret with its address (kubectl create secret generic sealpost-postgres --from-literal=url=postgresql://…) and name it here; or, for a first try, set trial.enabled=true" -}}
{{- end -}}
{{- if and $v.nats.existingSecret $v.nats.regions -}}
{{- $wrong = append $wrong "nats.existingSecret and nats.regions: both have the addresses of the regions; leave one of them out" -}}
{{- else if not (or $v.nats.existingSecret $v.nats.regions) -}}
{{- $wrong = append $wrong (printf "nats.regions: no region has a NATS. Set its addresses: nats.regions.%s={tls://nats.example.com:4222}; or, for a first try, trial.enabled=true" (default "us" $v.region)) -}}
{{- else if and $v.nats.regions $v.region (not (hasKey $v.nats.regions $v.region)) -}}
{{- $wrong = append $wrong (printf "region: %s is not among nats.regions (%s); is one of them spelled differently?" $v.region (keys $v.nats.regions | sortAlpha | join ", ")) -}}
{{- end -}}
{{- if not $v.generateSecrets -}}
{{- if and (eq $v.encryption.provider "local") (not $v.encryption.existingSecret) -}}
{{- $wrong = append $wrong "encryption.existingSecret: signing secrets need a keyring. Make one, keep a copy (kubectl create secret generic sealpost-encryption --from-literal=keys=$(openssl rand -hex 32)) and name it here; or set generateSecrets=true" -}}
{{- end -}}
{{- if and $v.api.enabled (not $v.pepper.existingSecret) -}}
{{- $wrong = append $wrong "pepper.existingSecret: API keys are hashed with a pepper. Make one, keep a copy (kubectl create secret generic sealpost-pepper --from-literal=pepper=$(openssl rand -hex 32)) and name it here; or set generateSecrets=true" -}}
{{- end -}}
{{- if and $v.api.enabled $v.admin.enabled (not $v.admin.existingSecret) -}}
{{- $wrong = append $wrong "admin.existingSecret: the operator needs a key. Make one (kubectl create secret generic sealpost-admin --from-literal=key=$(openssl rand -hex 32)) and name it here; or set generateSecrets=true, or admin.enabled=false" -}}
{{- end -}}
{{- end -}}
{{- if and $v.api.enabled (not (include "sealpost.apiCertificate" .)) (not $v.api.allowPlaintext) -}}
{{- $wrong = append $wrong "api.tls.existingSecret: gRPC and HTTP need a certificate. Name a Secret of type kubernetes.io/tls, or let cert-manager make one (api.tls.certManager); or set api.allowPlaintext=true when a mesh or a proxy in front speaks TLS" -}}
{{- end -}}
{{- end -}}

{{- if and $v.postgres.appRole (not $v.postgres.owner.existingSecret) -}}
{{- $wrong = append $wrong "postgres.owner.existingSecret: with postgres.appRole, migrations and partitions need the address of the role that owns the tables" -}}
{{- end -}}
{{- with $v.encryption -}}
{{- if and (eq .provider "vault") (not (and .vault.address .vault.transitKey)) -}}
{{- $wrong = append $wrong "encryption.vault: the provider vault needs address and transitKey" -}}
{{- end -}}
{{- if and .vault.transitKey (not (or .vault.existingSecret .vault.tokenFile)) -}}
{{- $wrong = append $wrong "encryption.vault.existingSecret: Vault answers nobody without a token; name a Secret with one, or set tokenFile" -}}
{{- end -}}
{{- if and (eq .provider "aws-kms") (not .awsKms.keyId) -}}
{{- $wrong = append $wrong "encryption.awsKms.keyId: the provider aws-kms needs a key" -}}
{{- end -}}
{{- end -}}

{{- if and $v.api.tls.clientCASecret (not (include "sealpost.apiCertificate" .)) -}}
{{- $wrong = append $wrong "api.tls.clientCASecret: without api.tls.existingSecret nobody can show a certificate" -}}
{{- end -}}
{{- $calls := or (and $v.controller.enabled (not $v.controller.apiUrl)) $v.bootstrap.enabled -}}
{{- if and $v.api.enabled $v.api.tls.clientCASecret $calls (not $v.controller.clientCertSecret) -}}
{{- $wrong = append $wrong "controller.clientCertSecret: with api.tls.clientCASecret the api asks its callers for a certificate; which one do controller and bootstrap show?" -}}
{{- end -}}
{{- if and $v.api.tls.certManager.enabled $v.api.tls.existingSecret -}}
{{- $wrong = append $wrong "api.tls.certManager.enabled and api.tls.existingSecret: which certificate is it? Leave one of them out" -}}
{{- end -}}
{{- if and $v.api.tls.certManager.enabled (not $v.api.tls.certManager.issuerRef.name) -}}
{{- $wrong = append $wrong "api.tls.certManager.issuerRef.name: which issuer signs the certificate?" -}}
{{- end -}}
{{- if and $v.api.service.externalTrafficPolicy (eq $v.api.service.type "ClusterIP") -}}
{{- $wrong = append $wrong "api.service.externalTrafficPolicy: nothing comes from outside to api.service.type ClusterIP; set the type to LoadBalancer or NodePort" -}}
{{- end -}}
{{- if eq (int $v.api.service.grpcPort) (int $v.api.service.httpPort) -}}
{{- $wrong = append $wrong (printf "api.service.grpcPort and api.service.httpPort: both are %d; set one to another port" (int $v.api.service.grpcPort)) -}}
{{- end -}}
{{- range $path, $scaling := dict "api.autoscaling" $v.api.autoscaling "delivery.autoscaling" $v.delivery.autoscaling "delivery.keda" $v.delivery.keda -}}
{{- if and $scaling.enabled (gt (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- $wrong = append $wrong (printf "%s.minReplicas: %d are more than maxReplicas (%d)" $path (int $scaling.minReplicas) (int $scaling.maxReplicas)) -}}
{{- end -}}
{{- end -}}
{{- if and $v.delivery.keda.enabled $v.delivery.autoscaling.enabled -}}
{{- $wrong = append $wrong "delivery.keda.enabled and delivery.autoscaling.enabled: two would scale one Deployment; switch one of them off" -}}
{{- end -}}
{{- if and $v.delivery.keda.enabled (not $v.delivery.keda.natsMonitoringEndpoint) (not $v.trial.enabled) -}}
{{- $wrong = append $wrong "delivery.keda.natsMonitoringEndpoint: where does the region's NATS serve its monitoring? nats.nats.svc:8222" -}}
{{- end -}}
{{- if and $v.monitoring.podMonitor.enabled $v.monitoring.serviceMonitor.enabled -}}
{{- $wrong = append $wrong "monitoring.podMonitor.enabled and monitoring.serviceMonitor.enabled: everything would be scraped twice; switch one of them off" -}}
{{- end -}}

{{- if $v.controller.enabled -}}
{{- if not (or $v.controller.existingSecret $v.bootstrap.enabled $v.trial.enabled) -}}
{{- $wrong = append $wrong "controller.existingSecret: the controller needs a company key (docs/kubernetes.md says how it is made). Name the Secret with it; or set bootstrap.enabled=true, which makes one, or controller.enabled=false" -}}
{{- end -}}
{{- if not (or $v.controller.apiUrl $v.api.enabled) -}}
{{- $wrong = append $wrong "controller.apiUrl: this release has no api; where is the one that the controller calls? https://sealpost.example.com:50051" -}}
{{- end -}}
{{- if and (hasPrefix "http:" (lower $v.controller.apiUrl)) (not (or $v.api.allowPlaintext $v.trial.enabled)) -}}
{{- $wrong = append $wrong "controller.apiUrl: over http:// the company key would travel in plain text. Use https://, or set api.allowPlaintext=true when a mesh speaks TLS" -}}
{{- end -}}
{{- end -}}
{{- if and $v.bootstrap.enabled (not (and $v.api.enabled $v.admin.enabled)) -}}
{{- $wrong = append $wrong "bootstrap.enabled: it needs the api of this release and the operator's key (api.enabled, admin.enabled)" -}}
{{- end -}}

{{- $timeout := include "sealpost.seconds" (default "10s" (index $v.config "DELIVERY_TIMEOUT")) | int -}}
{{- range $name := list "api" "delivery" "controller" -}}
{{- $own := index $v $name -}}
{{- $needed := add $own.preStopSeconds (max 15 (ternary $timeout 0 (eq $name "delivery"))) | int -}}
{{- if le (int $own.terminationGracePeriodSeconds) $needed -}}
{{- $wrong = append $wrong (printf "%s.terminationGracePeriodSeconds: %d s end before preStopSeconds and the time to drain do (%d s); set more" $name (int $own.terminationGracePeriodSeconds) $needed) -}}
{{- end -}}
{{- end -}}

{{- if $wrong -}}
{{- fail (printf "\n\nthese values cannot be installed:\n  %s\n" (join "\n  " $wrong)) -}}
{{- end -}}
{{- end -}}

{{/* A duration as settings have it, in whole seconds. */}}
{{- define "sealpost.seconds" -}}
{{- $number := regexFind "^[0-9]+" (toString .) | int -}}
{{- $unit := regexFind "[a-z]+$" (toString .) -}}
{{- if eq $unit "ms" -}}{{ div (add $number 999) 1000 }}{{- else -}}{{ mul $number (get (dict "s" 1 "m" 60 "h" 3600 "d" 86400) $unit | default 1) }}{{- end -}}
{{- end -}}
