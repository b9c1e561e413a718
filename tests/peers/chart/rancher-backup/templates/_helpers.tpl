{{/* The chart's name whatever the release is called: so are the service account and everything else. */}}
{{- define "backupRestore.fullname" -}}
{{- .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "backupRestore.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
app.kubernetes.io/name: {{ include "backupRestore.fullname" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
resources.cattle.io/operator: backup-restore
{{- end -}}

{{- define "backupRestore.selector" -}}
app.kubernetes.io/name: {{ include "backupRestore.fullname" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
resources.cattle.io/operator: backup-restore
{{- end -}}

{{- define "backupRestore.registry" -}}
{{- with .Values.global.cattle.systemDefaultRegistry -}}{{ . }}/{{- end -}}
{{- end -}}

{{- define "backupRestore.volume" -}}
{{- .Values.persistence.volumeName | default (printf "%s-%d" .Release.Name .Release.Revision) -}}
{{- end -}}
