"""Whether the values, version, cluster and options of an installation go together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from aws_cdk import aws_eks_v2 as eks

from cdk_eks_cilium import values as cilium_values
from cdk_eks_cilium.cluster.aws_node_removal import AwsNodeOptions
from cdk_eks_cilium.cluster.image_checks import cluster_problems
from cdk_eks_cilium.migration import beside_problems
from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values import CiliumValues, OperatorIdentity
from cdk_eks_cilium.versions import CiliumVersion
from cdk_eks_cilium.versions.chart_file import chart_problems

AwsNode = Literal["remove", "patch", "beside", "never-install"]


@dataclass(frozen=True, kw_only=True)
class Installation:
    """The arguments of `Cilium`, under the same names."""

    cluster: eks.Cluster | eks.ICluster
    values: CiliumValues
    version: CiliumVersion
    aws_node: AwsNode
    aws_node_options: AwsNodeOptions | None
    operator_identity: OperatorIdentity
    chart_asset: str | os.PathLike[str] | None
    allow_minor_skip: bool
    handler_in_vpc: bool

    def problems(self, where: str) -> Iterator[Problem]:
        """Why it cannot be installed; *where* is the construct path to blame."""
        yield from cilium_values.problems(self.values, self.version, where=where)
        yield from cilium_values.identity_problems(
            self.operator_identity, self.values, self.version, f"{where}: operator_identity"
        )
        if "egress" not in self.values.model_fields_set and self.values.profile != "article":
            yield Problem(
                f"{where}: values.egress",
                "must be chosen",
                fix="Egress.node() with Bottlerocket nodes, or Egress.pod() with routed pod subnets",
                id="CEK6013",
            )
        yield from cluster_problems(
            where,
            self.cluster,
            self.aws_node,
            handler_in_vpc=self.handler_in_vpc,
            operator_identity=self.operator_identity,
        )
        if self.aws_node == "beside":
            yield from beside_problems(self.values, self.version, where)
        if self.aws_node == "never-install":
            yield from self._never_installed_problems(where)
        if self.chart_asset is not None:
            yield from chart_problems(f"{where}: chart_asset", self.chart_asset, self.version)

    def _never_installed_problems(self, where: str) -> Iterator[Problem]:
        if self.aws_node_options is not None:
            yield Problem(
                f"{where}: aws_node_options",
                "must be left out with aws_node 'never-install', which removes nothing",
                fix="use aws_node 'remove' or 'patch', or leave the options out",
                id="CEK6014",
            )
        yield from cilium_values.core_dns_problems(self.values, where)
