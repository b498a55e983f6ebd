"""The Helm values of a full configuration, built and rendered here, beside Helm's rendering of the chart."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.contest import BenchmarkError, milliseconds, ratio
from cdk_eks_cilium.values import (
    Agent,
    BandwidthManager,
    CiliumValues,
    Egress,
    Encryption,
    Eni,
    Envoy,
    FlowExport,
    Hubble,
    IngressController,
    Ipam,
    Operator,
    Prometheus,
    References,
    Resources,
    Toleration,
    helm_values,
)
from cdk_eks_cilium.versions import CiliumVersion
from rehearsal.charts.repository import stand_in
from rehearsal.charts.toolchain import toolchain

VERSION = CiliumVersion.V1_19
REFS = References(
    cluster_name="platform",
    operator_role_arn="arn:aws:iam::123456789012:role/operator",
    subnet_ids=("subnet-a", "subnet-b", "subnet-c"),
    api_server_host="ABC.gr7.eu-west-1.eks.amazonaws.com",
)


@dataclass(frozen=True)
class Rendering:
    """Milliseconds of each turn.

    Attributes:
        values: Building, checking and rendering the typed values, in this process.
        helm: ``helm template`` of the chart with these values, as a process.
        chart: Which chart that was.
    """

    values: tuple[float, ...]
    helm: tuple[float, ...]
    chart: str

    @property
    def ratio(self) -> float:
        """The values by Helm: the median over the turns, each compared within itself."""
        return ratio(self.values, self.helm)

    def as_json(self) -> dict[str, Any]:
        """The measurement as plain data."""
        return {
            "values_milliseconds": statistics.median(self.values),
            "helm_template_milliseconds": statistics.median(self.helm),
            "chart": self.chart,
            "ratio": self.ratio,
        }


def full() -> CiliumValues:
    """Every section set, and an override."""
    small = Resources(requests={"cpu": "100m", "memory": "256Mi"}, limits={"memory": "1Gi"})
    pool = Toleration(key="pool", operator="Equal", value="system", effect="NoSchedule")
    return CiliumValues(
        egress=Egress.pod(),
        eni=Eni(tags={"team": "platform"}, security_group_ids=("sg-1", "sg-2")),
        ipam=Ipam(min_allocate=16, pre_allocate=8, max_allocate=110),
        hubble=Hubble(
            metrics=("dns:query;ignoreAAAA", "drop", "tcp", "flow", "port-distribution"),
            export=FlowExport(field_mask=("time", "verdict")),
            tolerations=(pool,),
        ),
        kube_proxy_replacement=True,
        host_routing="ebpf",
        encryption=Encryption.wireguard(),
        bandwidth_manager=BandwidthManager(bbr=True),
        host_firewall=True,
        map_size_ratio=0.005,
        gateway_api=True,
        ingress_controller=IngressController(default=True),
        agent=Agent(resources=small),
        operator=Operator(resources=small, tolerations=(pool,)),
        envoy=Envoy(resources=small),
        prometheus=Prometheus(agent=True),
        image_registry="111122223333.dkr.ecr.eu-west-1.amazonaws.com/mirror",
        overrides={"bpf": {"policyMapMax": 32768}},
    )


def render() -> str:
    """Build, check and render the full configuration, down to the text that Helm gets."""
    return json.dumps(helm_values(full(), VERSION, REFS), sort_keys=True)


def measure(turns: int = 9) -> Rendering:
    """Time both in turns, the first one not counted.

    Raises:
        BenchmarkError: If Helm does not render the chart.
    """
    with tempfile.TemporaryDirectory() as folder:
        chart = _chart(Path(folder))
        values, helm = [], []
        for _ in range(turns + 1):
            values.append(milliseconds(render))
            helm.append(milliseconds(lambda: _template(chart)))
    name = "Cilium's" if "CILIUM_CHARTS" in os.environ else "the stand-in"
    return Rendering(tuple(values[1:]), tuple(helm[1:]), name)


def _chart(folder: Path) -> Path:
    charts = os.environ.get("CILIUM_CHARTS")
    if charts:
        return Path(charts) / f"cilium-{VERSION}.tgz"
    chart = folder / "cilium.tgz"
    chart.write_bytes(stand_in(VERSION.number))
    return chart


def _template(chart: Path) -> None:
    command = [str(toolchain().helm), "template", "cilium", str(chart), "--values", "-"]
    done = subprocess.run(command, input=render(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"helm template failed: {done.stderr.strip()}")
