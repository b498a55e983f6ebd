"""The real kubectl and Helm against an embedded cluster, and manifests to feed them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from rehearsal.charts.toolchain import Toolchain
from rehearsal.kubernetes import Identity, KubernetesCluster

IDENTITIES = {
    "admin": Identity("admin", cluster_admin=True),
    "remover": Identity("remover", frozenset({"aws-node-removers"})),
    "guest": Identity("guest"),
}


class Commands:
    """Runs the tools of one toolchain with a home of their own and a static token."""

    def __init__(
        self, cluster: KubernetesCluster, tools: Toolchain, home: Path, token: str = "admin"
    ) -> None:
        self.cluster, self.tools, self.home, self.token = cluster, tools, home, token

    def as_(self, token: str) -> Commands:
        """The same tools with another token."""
        return Commands(self.cluster, self.tools, self.home, token)

    def kubectl(self, *arguments: str, body: Any = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl; ``body`` goes in as JSON."""
        return self._run(self.tools.kubectl, arguments, None if body is None else json.dumps(body))

    def helm(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Helm."""
        return self._run(self.tools.helm, arguments, None)

    def _run(
        self, tool: Path, arguments: tuple[str, ...], text: str | None
    ) -> subprocess.CompletedProcess[str]:
        kubeconfig = self.home / f"kubeconfig-{self.token}"
        kubeconfig.write_text(json.dumps(self._kubeconfig()))
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "KUBECONFIG": str(kubeconfig),
            "KUBECACHEDIR": str(self.home / "kube"),
            "HELM_CACHE_HOME": str(self.home / "helm" / "cache"),
            "HELM_CONFIG_HOME": str(self.home / "helm" / "config"),
            "HELM_DATA_HOME": str(self.home / "helm" / "data"),
        }
        return subprocess.run(
            [str(tool), *arguments],
            env=environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def _kubeconfig(self) -> dict[str, Any]:
        authority = base64.b64encode(self.cluster.certificate_authority_pem.encode()).decode()
        cluster = {"server": self.cluster.endpoint, "certificate-authority-data": authority}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "rehearsal",
            "contexts": [{"name": "rehearsal", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": {"token": self.token}}],
        }


def config_map(name: str = "settings", namespace: str = "default", **data: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def workload(kind: str, name: str, namespace: str = "default", **pod: Any) -> dict[str, Any]:
    labels = {"app": name}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "main", "image": "x"}]} | pod,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
