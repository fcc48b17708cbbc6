{{/* Names */}}
{{- define "heliograph.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "heliograph.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "heliograph.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "heliograph.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* The pods of one role, or those of mode single; given are the root and the component. */}}
{{- define "heliograph.component" -}}
{{- printf "%s-%s" (include "heliograph.fullname" .root) .component }}
{{- end }}

{{/* What answers managers, and who serves a device's sessions or sockets */}}
{{- define "heliograph.servedBy" -}}
{{- $component := eq .root.Values.mode "single" | ternary "single" .component }}
{{- include "heliograph.component" (dict "root" .root "component" $component) }}
{{- end }}

{{- define "heliograph.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "heliograph.selector" . }}
{{- end }}

{{- define "heliograph.selector" -}}
app.kubernetes.io/name: {{ include "heliograph.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "heliograph.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{/* The host of publicUrl, without a port */}}
{{- define "heliograph.publicHost" -}}
{{- $url := required "publicUrl is needed: the URL that devices are told, such as https://acs.example/" .Values.publicUrl }}
{{- (urlParse $url).hostname }}
{{- end }}

{{/* The names under which managers may call: those of the Service, the pod's own address, and what is said besides */}}
{{- define "heliograph.northboundNames" -}}
{{- $service := include "heliograph.servedBy" (dict "root" . "component" "api") }}
{{- $names := list $service (printf "%s.%s" $service .Release.Namespace) (printf "%s.%s.svc" $service .Release.Namespace) }}
{{- $names = append $names (printf "%s.%s.svc.cluster.local" $service .Release.Namespace) }}
{{- if .Values.northboundIngress.enabled }}
{{- $names = append $names (required "northboundIngress.host is needed" .Values.northboundIngress.host) }}
{{- end }}
{{- join "," (append $names "$(POD_IP)") }}
{{- end }}

{{/* One variable from the Secret; optional is whether it may be missing there. */}}
{{- define "heliograph.secretVariable" -}}
- name: HELIOGRAPH_{{ .key | replace "-" "_" | upper }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
      optional: {{ .optional }}
{{- end }}

{{/* What every process is told; given are the root and the component. */}}
{{- define "heliograph.environment" -}}
{{- $root := .root }}
{{- $single := eq .root.Values.mode "single" }}
- name: POD_IP
  valueFrom:
    fieldRef:
      fieldPath: status.podIP
- name: HELIOGRAPH_DATA
  value: /var/lib/heliograph
- name: HELIOGRAPH_PUBLIC_URL
  value: {{ required "publicUrl is needed: the URL that devices are told, such as https://acs.example/" .root.Values.publicUrl | quote }}
- name: HELIOGRAPH_BEHIND_PROXY
  value: "true"
{{- if not $single }}
- name: HELIOGRAPH_ROLES
  value: {{ .component }}
{{- end }}
{{- if has .component (list "single" "cwmp" "light") }}
- name: HELIOGRAPH_SOUTHBOUND
  value: {{ printf "%s:7547" .root.Values.listen | quote }}
{{- end }}
{{- if has .component (list "single" "api") }}
- name: HELIOGRAPH_NORTHBOUND
  value: {{ printf "%s:8080" .root.Values.listen | quote }}
- name: HELIOGRAPH_NORTHBOUND_NAMES
  value: {{ include "heliograph.northboundNames" .root | quote }}
{{- else }}
- name: HELIOGRAPH_HEALTH
  value: {{ printf "%s:8081" .root.Values.listen | quote }}
{{- end }}
{{- if or (include "heliograph.hasTls" .) (include "heliograph.hasStomp" .) }}
- name: HELIOGRAPH_TLS_CERT
  value: /etc/heliograph/certificate/tls.crt
- name: HELIOGRAPH_TLS_KEY
  value: /etc/heliograph/certificate/tls.key
- name: HELIOGRAPH_SOUTHBOUND_TLS
  value: {{ printf "%s:7548" .root.Values.listen | quote }}
{{- end }}
{{- if and (include "heliograph.hasTls" .) .root.Values.direct.clientCaSecret }}
- name: HELIOGRAPH_TLS_CLIENT_CA
  value: /etc/heliograph/client-ca/ca.crt
{{- end }}
{{- if include "heliograph.hasStomp" . }}
- name: HELIOGRAPH_STOMP_TLS
  value: {{ printf "%s:61614" .root.Values.listen | quote }}
{{- end }}
{{- range $name, $value := .root.Values.settings }}
- name: HELIOGRAPH_{{ $name | replace "-" "_" | upper }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- $secret := .root.Values.existingSecret }}
{{- if not $single }}
{{- $secret = required "existingSecret is needed in mode roles: a Secret with secret-key, database-url and nats-url" $secret }}
{{- end }}
{{- if $secret }}
{{- range $key := list "secret-key" "database-url" "nats-url" }}
{{ include "heliograph.secretVariable" (dict "key" $key "secret" $secret "optional" $single) }}
{{- end }}
{{- range $key := list "admin-token" "device-password" }}
{{ include "heliograph.secretVariable" (dict "key" $key "secret" $secret "optional" true) }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whether these pods are reached by TLS of their own, by STOMP; empty is no */}}
{{- define "heliograph.hasTls" -}}
{{- if and .root.Values.direct.tls (has .component (list "single" "cwmp")) }}yes{{ end }}
{{- end }}
{{- define "heliograph.hasStomp" -}}
{{- if and .root.Values.direct.stomp (has .component (list "single" "light")) }}yes{{ end }}
{{- end }}

{{/* Where a process says how it is */}}
{{- define "heliograph.healthPort" -}}
{{- has .component (list "single" "api") | ternary "northbound" "health" }}
{{- end }}

{{- define "heliograph.ports" -}}
{{- if has .component (list "single" "cwmp" "light") }}
- { name: southbound, containerPort: 7547 }
{{- end }}
{{- if has .component (list "single" "api") }}
- { name: northbound, containerPort: 8080 }
{{- else }}
- { name: health, containerPort: 8081 }
{{- end }}
{{- if include "heliograph.hasTls" . }}
- { name: southbound-tls, containerPort: 7548 }
{{- end }}
{{- if include "heliograph.hasStomp" . }}
- { name: stomp-tls, containerPort: 61614 }
{{- end }}
{{- end }}

{{/* The pod's spec; given are the root, the component, and its values. */}}
{{- define "heliograph.pod" -}}
{{- $root := .root }}
serviceAccountName: {{ include "heliograph.fullname" .root }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
terminationGracePeriodSeconds: {{ add .root.Values.drain.beforeSeconds .root.Values.drain.graceSeconds }}
securityContext:
  runAsNonRoot: true
  runAsUser: 7547
  runAsGroup: 7547
  fsGroup: 7547
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
containers:
  - name: heliograph
    image: {{ include "heliograph.image" .root | quote }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: [serve]
    env:
      {{- include "heliograph.environment" . | trim | nindent 6 }}
    ports:
      {{- include "heliograph.ports" . | trim | nindent 6 }}
    # The store is opened, and brought up to date, before anybody is answered.
    startupProbe:
      httpGet: { path: /healthz, port: {{ include "heliograph.healthPort" . }} }
      periodSeconds: 2
      failureThreshold: 150
    livenessProbe:
      httpGet: { path: /healthz, port: {{ include "heliograph.healthPort" . }} }
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 6
    readinessProbe:
      httpGet: { path: /readyz, port: {{ include "heliograph.healthPort" . }} }
      periodSeconds: 5
      timeoutSeconds: 5
      failureThreshold: 2
    lifecycle:
      preStop:
        # Until all who send requests here have heard that they are to send them elsewhere.
        exec: { command: [sleep, {{ .root.Values.drain.beforeSeconds | toString | quote }}] }
    {{- with .values.resources }}
    resources:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: { drop: [ALL] }
    volumeMounts:
      - { name: data, mountPath: /var/lib/heliograph }
      - { name: tmp, mountPath: /tmp }
      {{- if or (include "heliograph.hasTls" .) (include "heliograph.hasStomp" .) }}
      - { name: certificate, mountPath: /etc/heliograph/certificate, readOnly: true }
      {{- end }}
      {{- if and (include "heliograph.hasTls" .) .root.Values.direct.clientCaSecret }}
      - { name: client-ca, mountPath: /etc/heliograph/client-ca, readOnly: true }
      {{- end }}
      {{- range .root.Values.mounts }}
      - { name: {{ .name }}, mountPath: {{ .mountPath }}, readOnly: true }
      {{- end }}
volumes:
  - name: tmp
    emptyDir: { sizeLimit: 256Mi }
  {{- if ne .component "single" }}
  # Nothing in it outlives the pod: store and files are in PostgreSQL.
  - name: data
    emptyDir: { sizeLimit: 2Gi }
  {{- else if .values.storage.existingClaim }}
  - name: data
    persistentVolumeClaim: { claimName: {{ .values.storage.existingClaim }} }
  {{- end }}
  {{- if or (include "heliograph.hasTls" .) (include "heliograph.hasStomp" .) }}
  - name: certificate
    secret:
      secretName: {{ required "direct.certificateSecret is needed: devices that come directly come by TLS" .root.Values.direct.certificateSecret }}
  {{- end }}
  {{- if and (include "heliograph.hasTls" .) .root.Values.direct.clientCaSecret }}
  - name: client-ca
    secret: { secretName: {{ .root.Values.direct.clientCaSecret }} }
  {{- end }}
  {{- range .root.Values.mounts }}
  - name: {{ .name }}
    {{- if .secretName }}
    secret: { secretName: {{ .secretName }} }
    {{- else }}
    configMap: { name: {{ .configMapName }} }
    {{- end }}
  {{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if ne .component "single" }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "heliograph.selector" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
{{- end }}
{{- end }}
