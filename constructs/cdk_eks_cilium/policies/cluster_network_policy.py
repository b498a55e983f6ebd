"""A ClusterNetworkPolicy as a construct: written with verbs, and in the cluster once Cilium runs."""

from __future__ import annotations

from typing import cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct, IValidation

from cdk_eks_cilium.cilium import Cilium
from cdk_eks_cilium.cluster.later import later
from cdk_eks_cilium.cluster.service_timeout import limit_service_time
from cdk_eks_cilium.policies.network_policy import name_of
from cdk_eks_cilium.policy.builders import ClusterPeer, ClusterPolicyVerbs
from cdk_eks_cilium.policy.cluster_policies import TierSupport, cluster_policy_problems
from cdk_eks_cilium.policy.model import Tier
from cdk_eks_cilium.problems import InputError


class ClusterNetworkPolicy(ClusterPolicyVerbs, Construct):
    """A ClusterNetworkPolicy of Kubernetes in a cluster, written with the verbs of `ClusterPolicyBuilder`.

    Its CRD must be in the cluster before the deployment. Synthesis refuses it where Cilium would ignore it:
    in releases without tiers, and while the typed value ``cluster_network_policies`` is off.

    Args:
        cilium: The Cilium that enforces it.
        tier: ``Admin``, before policies of namespaces, or ``Baseline``, after them.
        priority: From 0 to 1000; the lowest comes first in its tier.
        subject: The pods that it is for, by labels. By default every pod of the cluster.
        name: Its name in Kubernetes. By default the construct's id, in lower case with dashes.

    Attributes:
        manifest: The object in the cluster.

    Raises:
        InputError: If a name, a number or a label is invalid.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cilium: Cilium,
        tier: Tier,
        priority: int,
        subject: ClusterPeer | None = None,
        name: str | None = None,
    ) -> None:
        Construct.__init__(self, scope, id)
        self._begin(name or name_of(id), tier, priority, subject)
        values = cilium.values
        self._support = TierSupport(
            cilium.version,
            values.cluster_network_policies,
            bool(values.overrides.get("nodeSelectorLabels", False)),
            values.l7_proxy,
        )
        self.manifest = eks.KubernetesManifest(
            self,
            "Resource",
            cluster=cast(eks.ICluster, cilium.cluster),
            # Verbs may add rules until the app is synthesized.
            manifest=[{"apiVersion": "v1", "kind": "List", "items": []}],
            overwrite=True,
            prune=False,
        )
        resource = self.manifest.node.find_child("Resource").node.default_child
        cast(cdk.CfnResource, resource).add_property_override("Manifest", later(self._text))
        limit_service_time(self.manifest)
        self.manifest.node.add_dependency(cilium.api_ready, *cilium.running)
        self.node.add_validation(cast(IValidation, _Enforced(self)))

    def _text(self) -> str:
        return cdk.Stack.of(self).to_json_string([self.cluster_policy().manifest()])

    def problems(self) -> list[str]:
        """What keeps the policy from being enforced, in words, all at once."""
        try:
            return [str(one) for one in cluster_policy_problems(self.cluster_policy(), self._support)]
        except InputError as error:
            return [str(one) for one in error.problems]


@jsii.implements(IValidation)
class _Enforced:
    """Reports to CDK what is wrong with a policy, once the app is complete."""

    def __init__(self, policy: ClusterNetworkPolicy) -> None:
        self._policy = policy

    def validate(self) -> list[str]:
        """What is wrong, in words."""
        return self._policy.problems()
