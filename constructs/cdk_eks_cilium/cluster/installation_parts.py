"""What an installation of Cilium consists of, made in the one order that works."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from cdk_eks_cilium import values as cilium_values
from cdk_eks_cilium.cluster.api_ready import ApiReady
from cdk_eks_cilium.cluster.aws_node_removal import AwsNodeRemoval
from cdk_eks_cilium.cluster.cni_configuration import CniConfiguration
from cdk_eks_cilium.cluster.core_addons import CoreAddons
from cdk_eks_cilium.cluster.eni_sweep import EniSweep
from cdk_eks_cilium.cluster.install_request import Installation
from cdk_eks_cilium.cluster.operator_rights import operator_role
from cdk_eks_cilium.cluster.operator_role import OperatorRole
from cdk_eks_cilium.cluster.pod_identity import PodIdentity
from cdk_eks_cilium.cluster.release import cilium_release
from cdk_eks_cilium.cluster.release_takeover import ReleaseTakeover
from cdk_eks_cilium.migration import beside_values
from cdk_eks_cilium.network.pod_subnets_base import PodSubnetsBase
from cdk_eks_cilium.values import References


class InstallationParts:
    """The parts of `Cilium` before there are nodes. `Cilium` shows them under the same names.

    Args:
        scope: The construct that gets the parts.
        request: What to install, without problems.
        pod_subnets: Where pods get their addresses.
        cluster_name: Cilium's name of the cluster.
        handler_subnets: Where our functions run; empty for outside the VPC.
        kubernetes_version: The minor version of the cluster; None if it is imported.
    """

    def __init__(
        self,
        scope: Construct,
        request: Installation,
        *,
        pod_subnets: PodSubnetsBase,
        cluster_name: str,
        handler_subnets: Sequence[ec2.ISubnet],
        kubernetes_version: str | None,
    ) -> None:
        self._scope = scope
        self._request = request
        self._values = request.values
        self._pod_subnets = pod_subnets
        self._cluster_name = cluster_name
        self._handler_subnets = handler_subnets
        self._kubernetes_version = kubernetes_version

        self.api_ready = ApiReady(scope, "ApiReady", cluster=request.cluster)
        self.aws_node_removal = self._remove_aws_node()
        self.core_addons = self._add_core_addons()
        self.eni_sweep = self._sweep()
        self.operator_role = self._make_operator_role()
        self.pod_identity = self._bind_role()
        self._references = self._refer()
        self.cni_configuration = self._configure_cni()
        self.chart, self.release_takeover = self._release()

    @property
    def helm_values(self) -> dict[str, Any]:
        """The values of the release, tokens included."""
        values = beside_values(self._values) if self._request.aws_node == "beside" else self._values
        return cilium_values.helm_values(values, self._request.version, self._references)

    def _remove_aws_node(self) -> AwsNodeRemoval | None:
        strategy, options = self._request.aws_node, self._request.aws_node_options
        if strategy == "never-install":
            return None
        leave_kube_proxy = options is not None and options.leave_kube_proxy
        removal = AwsNodeRemoval(
            self._scope,
            "AwsNodeRemoval",
            cluster=self._request.cluster,
            strategy=strategy,
            options=options,
            kept_off=("kube-proxy",) if self._values.kube_proxy_replacement and not leave_kube_proxy else (),
            handler_subnets=self._handler_subnets,
            repeat_on={
                "Cilium": str(self._request.version),
                "Kubernetes": self._kubernetes_version or "imported",
            },
        )
        # Only the first manifest waits: the handler takes a minute in the VPC and can be made meanwhile.
        removal.permissions.node.add_dependency(self.api_ready)
        return removal

    def _add_core_addons(self) -> CoreAddons | None:
        if self._request.aws_node != "never-install":
            return None
        return CoreAddons(
            self._scope,
            "CoreAddons",
            cluster=self._request.cluster,
            kube_proxy=not self._values.kube_proxy_replacement,
        )

    def _sweep(self) -> EniSweep | None:
        """Sweep interfaces, unless the article's operator makes them, which does not tag them."""
        if self._values.profile == "article":
            return None
        sweep = EniSweep(
            self._scope,
            "EniSweep",
            cluster=self._request.cluster,
            cluster_name=self._cluster_name,
            vpc_owner_account=self._pod_subnets.owner_account,
        )
        # On destroy the sweep comes before the subnets of the interfaces.
        sweep.resource.node.add_dependency(self._pod_subnets)
        return sweep

    def _make_operator_role(self) -> OperatorRole:
        return operator_role(
            self._scope,
            "OperatorRole",
            cluster=self._request.cluster,
            cluster_name=self._cluster_name,
            pod_subnets=self._pod_subnets,
            values=self._values,
            version=self._request.version,
            identity=self._request.operator_identity,
        )

    def _bind_role(self) -> PodIdentity | None:
        if self._request.operator_identity == "irsa":
            return None
        return PodIdentity(
            self._scope, "PodIdentity", cluster=self._request.cluster, role_arn=self.operator_role.role_arn
        )

    def _refer(self) -> References:
        return References(
            cluster_name=self._cluster_name,
            # The annotation would win over Pod Identity, and the role's trust would refuse it.
            operator_role_arn=self.operator_role.role_arn if self.pod_identity is None else None,
            subnet_ids=self._pod_subnets.subnet_ids,
            api_server_host=cdk.Fn.select(1, cdk.Fn.split("//", self._request.cluster.cluster_endpoint)),
        )

    def _configure_cni(self) -> CniConfiguration | None:
        manifest = cilium_values.cni_config_map(self._values, self._request.version, self._references)
        if manifest is None:
            return None
        configuration = CniConfiguration(
            self._scope, "CniConfiguration", cluster=self._request.cluster, manifest=manifest
        )
        configuration.node.add_dependency(self.api_ready)
        return configuration

    def _release(self) -> tuple[eks.HelmChart, ReleaseTakeover]:
        chart, takeover = cilium_release(
            self._scope,
            "Chart",
            cluster=self._request.cluster,
            version=self._request.version,
            values=self.helm_values,
            chart_asset=self._request.chart_asset,
            handler_subnets=self._handler_subnets,
            allow_minor_skip=self._request.allow_minor_skip,
            existing_crds=self._values.existing_crds,
        )
        takeover.rights.node.add_dependency(self.api_ready)
        steps = (self.aws_node_removal, self.eni_sweep, self.cni_configuration)
        chart.node.add_dependency(
            self.api_ready,
            self.operator_role,
            self._pod_subnets,
            *(step for step in steps if step is not None),
        )
        if self.pod_identity is not None:
            # EKS gives the operator's pod its role only when the pod is made.
            chart.node.add_dependency(self.pod_identity, self.pod_identity.agent)
        if self.core_addons is not None and self.core_addons.kube_proxy is not None:
            chart.node.add_dependency(self.core_addons.kube_proxy)
        return chart, takeover
