{{/* Name of the chart in labels. */}}
{{- define "comptroller.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Prefix of the names of everything namespaced. Room is left for suffixes such as -gateway-metrics. */}}
{{- define "comptroller.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "comptroller.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 45 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 45 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Prefix of the names of what is cluster-scoped: two releases in two namespaces do not meet. */}}
{{- define "comptroller.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "comptroller.fullname" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels that select the pods of one part: dict "root" $ "part" "operator". */}}
{{- define "comptroller.selector" -}}
app.kubernetes.io/name: {{ include "comptroller.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{/* Labels of everything of one part. */}}
{{- define "comptroller.labels" -}}
{{ include "comptroller.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: comptroller
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* repository:tag of an image: dict "root" $ "image" .Values.operator.image. */}}
{{- define "comptroller.image" -}}
{{- printf "%s:%s" .image.repository (default .root.Chart.AppVersion .image.tag) -}}
{{- end -}}

{{- define "comptroller.operator.account" -}}
{{- if .Values.operator.serviceAccount.create -}}
{{- default (printf "%s-operator" (include "comptroller.fullname" .)) .Values.operator.serviceAccount.name -}}
{{- else -}}
{{- required "operator.serviceAccount.name is needed when operator.serviceAccount.create is false" .Values.operator.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "comptroller.gateway.account" -}}
{{- if .Values.gateway.serviceAccount.create -}}
{{- default (printf "%s-gateway" (include "comptroller.fullname" .)) .Values.gateway.serviceAccount.name -}}
{{- else -}}
{{- required "gateway.serviceAccount.name is needed when gateway.serviceAccount.create is false" .Values.gateway.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* Not empty if there is a gateway that asks who somebody is. */}}
{{- define "comptroller.identifies" -}}
{{- if and .Values.gateway.enabled (eq .Values.gateway.auth "required") -}}yes{{- end -}}
{{- end -}}

{{/* Renders nothing; refuses values that contradict each other about where the gateway keeps things. */}}
{{- define "comptroller.gateway.storage" -}}
{{- $ledger := .Values.gateway.ledger -}}
{{- if regexMatch "@|[?&](user|password)=" $ledger.url -}}
{{- fail "gateway.ledger.url must not carry user or password: they belong in the Secret gateway.ledger.existingSecret" -}}
{{- end -}}
{{- if and $ledger.url (not $ledger.existingSecret) -}}
{{- fail (printf "gateway.ledger.existingSecret is needed when gateway.ledger.url is set: a Secret with the keys %s and %s" $ledger.userKey $ledger.passwordKey) -}}
{{- end -}}
{{- if and $ledger.existingSecret (not $ledger.url) -}}
{{- fail (printf "gateway.ledger.existingSecret is %s, but gateway.ledger.url is empty: give jdbc:postgresql://HOST/DATABASE, or no Secret" $ledger.existingSecret) -}}
{{- end -}}
{{- $volume := .Values.gateway.persistence -}}
{{- if not $volume.enabled -}}
{{- range $field := list "existingClaim" "storageClassName" -}}
{{- with index $volume $field -}}
{{- fail (printf "gateway.persistence.%s is %s, but gateway.persistence.enabled is false: set it to true, or name no %s" $field . $field) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $volume.existingClaim $volume.storageClassName -}}
{{- fail (printf "gateway.persistence.storageClassName is %s, but gateway.persistence.existingClaim is %s, which has its own: name one of them" $volume.storageClassName $volume.existingClaim) -}}
{{- end -}}
{{- end -}}

{{/* Pod and container security: the restricted standard. */}}
{{- define "comptroller.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "comptroller.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* Annotations by which a Prometheus without an operator finds a pod: dict "root" $ "port" 8080 "path" "/metrics". */}}
{{- define "comptroller.scrape" -}}
{{- if .root.Values.metrics.enabled -}}
prometheus.io/scrape: "true"
prometheus.io/port: {{ .port | quote }}
prometheus.io/path: {{ .path }}
{{- end -}}
{{- end -}}

{{/* Not empty if anything may make and remove nodes. */}}
{{- define "comptroller.provisions" -}}
{{- $by := .Values.provisioning -}}
{{- if or $by.karpenter.enabled $by.clusterApi.namespaces $by.scaleTargets -}}yes{{- end -}}
{{- end -}}
