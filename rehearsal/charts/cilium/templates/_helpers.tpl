{{/* How clients reach the API server without kube-proxy. */}}
{{- define "standin.api" -}}
{{- if .Values.k8sServiceHost }}
- name: KUBERNETES_SERVICE_HOST
  value: {{ .Values.k8sServiceHost | quote }}
- name: KUBERNETES_SERVICE_PORT
  value: {{ .Values.k8sServicePort | quote }}
{{- end }}
{{- end }}

{{/* The IPAM mode: charts from 1.19 derive it from the ENI section. */}}
{{- define "standin.ipam" -}}
{{- if and .Values.eni.enabled (semverCompare ">=1.19.0-0" .Chart.Version) -}}eni{{- else -}}{{ .Values.ipam.mode }}{{- end -}}
{{- end }}

{{/* Whether pods are masqueraded: charts from 1.18 leave it off in ENI mode unless told. */}}
{{- define "standin.masquerade" -}}
{{- if not (kindIs "invalid" .Values.enableIPv4Masquerade) -}}
{{ .Values.enableIPv4Masquerade }}
{{- else -}}
{{ not (and .Values.eni.enabled (semverCompare ">=1.18.0-0" .Chart.Version)) }}
{{- end -}}
{{- end }}
