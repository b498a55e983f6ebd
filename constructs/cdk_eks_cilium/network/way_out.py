"""Whether the pod subnets have the way out that the egress needs."""

from __future__ import annotations

import jsii
from constructs import IValidation

from cdk_eks_cilium.network.pod_subnets_base import PodSubnetsBase
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values import Egress


@jsii.implements(IValidation)
class WayOut:
    """Pods that leave with their own address need a route out of their subnets; checked at synth."""

    def __init__(self, egress: Egress, pod_subnets: PodSubnetsBase) -> None:
        self._egress = egress
        self._pod_subnets = pod_subnets

    def validate(self) -> list[str]:
        """Return what is missing; CDK calls it when everything is made."""
        if self._egress.kind == "node" or self._pod_subnets.has_way_out:
            return []
        problem = Problem(
            self._pod_subnets.node.path,
            "Egress.pod() needs a route from the pod subnets out of the VPC, which is missing",
            fix="call route_through_nat() on the pod subnets (existing ones: pass has_way_out=True), or use "
            "Egress.node()",
            id="CEK6025",
        )
        return [str(problem)]
