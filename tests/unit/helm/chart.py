"""A small chart of our own under Cilium's name, which fails where a test wants it to."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

TEMPLATE = """\
{{- if and .Values.debug.enabled .Values.envoy.log.path }}
{{- fail "debug goes with no log of Envoy" }}
{{- end }}
{{- if .Values.kubeProxyReplacement }}
{{- if .Values.l2announcements.enabled }}
{{- fail "no announcements with the replacement" }}
{{- end }}
{{- end }}
apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config}
data:
  cluster: {{ .Values.cluster.name | quote }}
"""
VALUES = """\
cluster: {name: x}
debug: {enabled: false}
envoy: {log: {path: ''}}
l2announcements: {enabled: false}
"""


def packaged(folder: Path, number: str = "1.19.6", template: str = TEMPLATE, name: str = "cilium") -> Path:
    """The chart as ``cilium-NUMBER.tgz`` in *folder*."""
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {number}\n",
        "values.yaml": VALUES,
        "templates/config.yaml": template,
    }
    path = folder / f"cilium-{number}.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for file, text in files.items():
            member = tarfile.TarInfo(f"cilium/{file}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return path
