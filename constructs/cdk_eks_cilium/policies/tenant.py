"""A tenant: a namespace that is shut, and the policies that open it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, cast

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from cdk_eks_cilium.cilium import Cilium
from cdk_eks_cilium.cluster.service_timeout import limit_service_time
from cdk_eks_cilium.policies.policy_set import PolicySets, Written
from cdk_eks_cilium.policy.tenancy import (
    PodSecurity,
    Source,
    label_problems,
    namespace_labels,
    namespace_problems,
    tenant_policies,
)
from cdk_eks_cilium.problems import refuse

Removal = Literal["retain", "delete"]


class Tenant(Construct):
    """A namespace with Pod Security, default deny in both directions, and its policies.

    Its pods get DNS and answer the kubelet's probes; the policies allow everything else. They exist before
    anything new can be in the namespace.

    Args:
        cilium: The Cilium that enforces the policies. What it installs goes first, nodes included.
        namespace: Name of the namespace, which the tenant makes. Kubernetes' own namespaces are refused.
        policies: Policies, or YAML files or folders with policies. Policies without a namespace get this one.
        pod_security: The Pod Security Standard that pods must meet. By default ``baseline``, with a warning
            for what is not ``restricted`` (https://kubernetes.io/docs/concepts/security/pod-security-standards/).
        labels: Further labels of the namespace. By default none.
        default_deny: Whether its pods refuse what no policy allows. By default they do.
        removal: What happens to the namespace and its policies when the tenant leaves the app. By default,
            ``retain``, both stay: without policies the pods would be open to everyone. ``delete`` deletes the
            policies and then the namespace with everything in it.

    Attributes:
        manifest: The namespace's manifest.
        policy_set: The set of the policies.

    Raises:
        InputError: For everything wrong with the namespace and the policies, all at once.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cilium: Cilium,
        namespace: str,
        policies: Iterable[Source] = (),
        pod_security: PodSecurity = "baseline",
        labels: Mapping[str, str] | None = None,
        default_deny: bool = True,
        removal: Removal = "retain",
    ) -> None:
        super().__init__(scope, id)
        self.namespace = namespace
        where = self.node.path
        refuse(
            [
                *namespace_problems(namespace, f"{where}: namespace"),
                *label_problems(labels or {}, f"{where}: labels"),
            ]
        )
        found = tenant_policies(
            namespace,
            policies,
            version=cilium.version,
            isolated=default_deny,
            l7_proxy=cilium.values.l7_proxy,
            where=where,
        )
        self.manifest = eks.KubernetesManifest(
            self,
            "Namespace",
            cluster=cast(eks.ICluster, cilium.cluster),
            manifest=[_namespace(namespace, pod_security, labels or {})],
            # A retained namespace is adopted again. Pruning ignores custom resources, and could delete
            # a namespace with everything in it: https://github.com/aws/aws-cdk/issues/22085.
            overwrite=True,
            # belief: CDK-prune-leaves-custom-kinds
            prune=False,
        )
        limit_service_time(self.manifest)
        self.manifest.node.add_dependency(cilium.api_ready)
        self.policy_set = PolicySets.of(self, cilium).in_namespace(namespace)
        self.policy_set.rights.node.add_dependency(self.manifest)
        self.policy_set.add(*found)
        if removal == "retain":
            self._retain()

    def add_policy(self, *written: Written) -> None:
        """Add policies of the tenant's namespace, or builders. Synthesis reports what is wrong with them."""
        self.policy_set.add(*written)

    def _retain(self) -> None:
        resource = self.manifest.node.find_child("Resource").node.default_child
        cast(cdk.CfnResource, resource).apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        self.policy_set.retain()


def _namespace(name: str, pod_security: PodSecurity, labels: Mapping[str, str]) -> dict[str, object]:
    metadata = {"name": name, "labels": namespace_labels(pod_security, labels)}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
