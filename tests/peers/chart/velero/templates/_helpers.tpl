{{- define "velero.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The release's name where it says what it is, else with the chart's behind it. */}}
{{- define "velero.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "velero.serverServiceAccount" -}}
{{- if .Values.serviceAccount.server.create -}}
{{- default (printf "%s-server" (include "velero.fullname" .)) .Values.serviceAccount.server.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.server.name -}}
{{- end -}}
{{- end -}}

{{- define "velero.secretName" -}}
{{- .Values.credentials.existingSecret | default .Values.credentials.name | default (include "velero.fullname" .) -}}
{{- end -}}

{{- define "velero.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag }}{{- end -}}
{{- end -}}
{{- end -}}

{{- define "velero.labels" -}}
app.kubernetes.io/name: {{ include "velero.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What the server and the node agent share: where they are, and whose they are. */}}
{{- define "velero.env" -}}
- name: VELERO_SCRATCH_DIR
  value: /scratch
- name: VELERO_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
{{- if .Values.credentials.useSecret }}
- name: AWS_SHARED_CREDENTIALS_FILE
  value: /credentials/cloud
- name: GOOGLE_APPLICATION_CREDENTIALS
  value: /credentials/cloud
- name: AZURE_CREDENTIALS_FILE
  value: /credentials/cloud
- name: ALIBABA_CLOUD_CREDENTIALS_FILE
  value: /credentials/cloud
{{- end }}
{{- with .Values.configuration.extraEnvVars }}
{{ toYaml . }}
{{- end }}
{{- range $name, $_ := .Values.credentials.extraEnvVars }}
- name: {{ $name | quote }}
  valueFrom: {secretKeyRef: {name: {{ include "velero.secretName" $ }}, key: {{ $name }}}}
{{- end }}
{{- end -}}
