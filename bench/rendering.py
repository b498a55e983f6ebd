"""How long it takes to build and render the Helm values of a full configuration, in this process."""

from __future__ import annotations

import json
import statistics
import time

from cdk_eks_cilium.values import (
    CiliumValues,
    Egress,
    Encryption,
    Hubble,
    References,
    cni_config_map,
    helm_values,
)
from cdk_eks_cilium.versions import CiliumVersion

REFS = References(
    cluster_name="platform",
    operator_role_arn="arn:aws:iam::123456789012:role/operator",
    subnet_ids=("subnet-a", "subnet-b", "subnet-c"),
    api_server_host="ABC.gr7.eu-west-1.eks.amazonaws.com",
)


def render() -> str:
    """Build, check and render one configuration for two charts, down to the text that Helm gets."""
    values = CiliumValues(
        egress=Egress.node(),
        hubble=Hubble(),
        encryption=Encryption(),
        kube_proxy_replacement=True,
        overrides={"bpf": {"mapDynamicSizeRatio": 0.005}, "prometheus": {"enabled": True}},
    )
    rendered = [
        (helm_values(values, version, REFS), cni_config_map(values, version, REFS))
        for version in (CiliumVersion.V1_18, CiliumVersion.V1_19)
    ]
    return json.dumps(rendered, sort_keys=True)


def milliseconds(runs: int = 200) -> tuple[float, float, float]:
    """Least, median and most milliseconds of `render`, the first one not counted."""
    render()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        render()
        times.append((time.perf_counter() - start) * 1000)
    return min(times), statistics.median(times), max(times)
