"""What the metrics of cilium-operator tell."""

from __future__ import annotations

from typing import Final

from cdk_eks_cilium.doctor.engine.kinds import OPERATOR_METRICS
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.seen import Seen

from .prometheus import Sample, samples

# belief: CILIUM-operator-metrics
# Names and labels: https://github.com/cilium/cilium/blob/v1.19.1/pkg/ipam/metrics/metrics.go and
# https://github.com/cilium/cilium/blob/v1.19.1/pkg/api/metrics/metrics.go, the same on main after 1.20 in
# https://github.com/cilium/cilium/blob/0887d9275f3746c94b10d2671bcdc8fa47ee6eaa/pkg/ipam/metrics/metrics.go.
CALLS: Final = "cilium_operator_ec2_api_duration_seconds_count"
"""Calls of EC2 by ``operation`` and ``response_code``, the HTTP status, or ``OK`` or ``Failed``."""
NODES: Final = "cilium_operator_ipam_nodes"
"""Nodes by ``category``: ``total``, ``in-deficit``, ``at-capacity``."""
ATTEMPTS: Final = "cilium_operator_ipam_allocation_duration_seconds_count"
"""Attempts to make interfaces and to assign addresses, by ``status``: ``success`` or what failed."""
SUBNETS: Final = "cilium_operator_ipam_available_ips_per_subnet"
"""Free addresses by ``subnet_id`` and ``availability_zone``."""

_NAMES: Final = (CALLS, NODES, ATTEMPTS, SUBNETS)


def operator_samples(seen: Seen) -> list[Sample]:
    """The samples of all operators. Ask with ``seen.derived``; a check that asks reads `OPERATOR_METRICS`.

    Raises:
        UnreadError: Nothing has metrics of an operator.
    """
    found = seen.list(OPERATOR_METRICS)
    if not found:
        raise UnreadError("no operator answers with metrics")
    return [each for pod in found for each in samples(str(pod.get("text") or ""), _NAMES)]


def operation_of(sample: Sample) -> str:
    """The operation of EC2 that a sample counts; earlier releases added ``Request`` to some names."""
    return sample.labels.get("operation", "").removesuffix("Request")


def response_of(sample: Sample) -> str:
    """The response that a sample counts, such as ``403 Forbidden``; the label was once ``responseCode``."""
    return sample.labels.get("response_code") or sample.labels.get("responseCode") or ""
