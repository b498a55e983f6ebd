"""Let a deploy succeed only when pods get addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from cdk_eks_cilium.cluster.cluster_function import ClusterFunction
from cdk_eks_cilium.cluster.rbac import role_and_binding
from cdk_eks_cilium.doctor.gate.checks import GATE_CHECKS
from cdk_eks_cilium.doctor.gate.requests import requests_of
from cdk_eks_cilium.problems import Problem, refuse

DEFAULT_MINUTES: Final = 10
MOST_MINUTES: Final = 13
"""CDK's framework waits for a function for 15 minutes, and a minute is kept to answer."""
PASSES: Final = 3


class ReadinessGate(ClusterFunction):
    """Custom resource that succeeds only when a cluster with Cilium is ready for pods.

    It runs the doctor's checks of the gate, seconds apart, until they pass three times in a row: aws-node
    runs nowhere; agents and the operator run; every node is Ready, without Cilium's taint, and has its
    CiliumNode and prefixes; Services have a proxy; CoreDNS is ready; and the pods of kube-system have
    addresses of their nodes. It needs no image and no pod of its own:
    CoreDNS's pods are the probe.

    A failed create takes the stack back, with the findings as its reason. An update judges again when the
    release or a node group changes. An update to properties that the gate has let through before only
    reports, so that a roll-back never fails here. A delete does nothing.

    Args:
        cluster: The cluster, ours or imported, with a kubectl provider (for the roles' manifest).
        release: Properties that change with the release.
        node_groups: A list of texts that change with the node groups.
        minutes: How long to wait, 1 to 13. By default 10.
        subnets: Subnets for the function. By default it is outside the VPC.

    Raises:
        InputError: If *minutes* is out of range.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster: eks.Cluster | eks.ICluster,
        release: Mapping[str, Any],
        node_groups: cdk.IResolvable,
        minutes: int = DEFAULT_MINUTES,
        subnets: Sequence[ec2.ISubnet] = (),
    ) -> None:
        refuse(_problems(f"{scope.node.path}: minutes", minutes))
        super().__init__(
            scope,
            id,
            cluster=cluster,
            folder="readiness_gate",
            description="Lets a deploy succeed only when Cilium gives pods addresses and CoreDNS is ready",
            timeout=cdk.Duration.minutes(minutes + 1),
            service_timeout=cdk.Duration.minutes(minutes + 3),
            subnets=subnets,
        )
        self.permissions = Construct(self, "Permissions")
        self.enter_cluster(self.permissions)
        self.rights = self.grant_in_kubernetes(
            self.permissions, "Rbac", gate_rights(self.role_name, self.group)
        )
        self.resource = self.custom_resource(
            self,
            resource_type="Custom::CiliumReadinessGate",
            properties={
                **self.cluster_properties,
                "Seconds": minutes * 60,
                "Passes": PASSES,
                "Release": dict(release),
                "NodeGroups": node_groups,
            },
        )
        self.resource.node.add_dependency(self.permissions)

    @property
    def verdict(self) -> str:
        """How the gate's last look ended, with warnings, in words; a token."""
        return self.resource.get_att_string("Verdict")


def gate_rights(name: str, group: str) -> list[dict[str, Any]]:
    """The function's roles, and their bindings: to list what the gate's checks read, and nothing else."""
    rules: dict[str, dict[str, list[str]]] = {}
    for request in requests_of(GATE_CHECKS):
        rules.setdefault(request.namespace, {}).setdefault(request.group, []).append(request.plural)
    return [
        manifest
        for namespace, groups in sorted(rules.items())
        for manifest in role_and_binding(
            name,
            group,
            [
                {"apiGroups": [api], "resources": sorted(plurals), "verbs": ["list"]}
                for api, plurals in sorted(groups.items())
            ],
            namespace or None,
        )
    ]


def _problems(where: str, minutes: int) -> Iterator[Problem]:
    if not 1 <= minutes <= MOST_MINUTES:
        fix = "the checks pass some two minutes after the nodes are there; the default is 10"
        yield Problem(where, f"must be 1 to {MOST_MINUTES}", minutes, fix, id="CEK6048")
