"""Sets of network policies in a cluster, which a Lambda function keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, Protocol, cast, runtime_checkable

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct, IValidation

from cdk_eks_cilium.cilium import Cilium
from cdk_eks_cilium.cluster.cluster_function import ClusterFunction
from cdk_eks_cilium.cluster.later import later
from cdk_eks_cilium.cluster.rbac import role_and_binding
from cdk_eks_cilium.policy.agent_options import AgentOptions
from cdk_eks_cilium.policy.model import CiliumClusterwideNetworkPolicy, CiliumNetworkPolicy, Policy
from cdk_eks_cilium.policy.packing import EVENT_LIMIT, digests, pack
from cdk_eks_cilium.policy.validity import problems_for
from cdk_eks_cilium.problems import InputError, Problem
from cdk_eks_cilium.values.rendering.effective import EffectiveValues

_KINDS: Final = ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy")
_VERBS: Final = ["get", "list", "create", "patch", "delete"]


@runtime_checkable
class Writer(Protocol):
    """A builder of a policy."""

    def policy(self) -> CiliumNetworkPolicy | CiliumClusterwideNetworkPolicy:
        """The policy."""


Written = CiliumNetworkPolicy | CiliumClusterwideNetworkPolicy | Writer
"""A policy, or its builder."""


class PolicySets(ClusterFunction):
    """The function that keeps sets of policies, one for a stack and a cluster, with its sets.

    Use `of`. The function may list, read, make, change and delete Cilium's policies in the namespaces of its
    sets, and nothing else in the cluster. In AWS it may describe the cluster.
    """

    def __init__(self, scope: Construct, id: str, *, cilium: Cilium) -> None:
        super().__init__(
            scope,
            id,
            cluster=cilium.cluster,
            folder="policy_set",
            description="Keeps sets of Cilium's network policies in a cluster",
            timeout=cdk.Duration.minutes(10),
            service_timeout=cdk.Duration.minutes(12),
            subnets=cilium.handler_subnets,
        )
        self.cilium = cilium
        self._sets: dict[str | None, PolicySet] = {}
        self.access = self.enter_cluster(self)
        arn = cdk.Stack.of(self).format_arn(
            service="eks", resource="cluster", resource_name=self.cluster.cluster_name
        )
        self.handler.add_to_role_policy(
            iam.PolicyStatement(sid="SeeWhetherGone", actions=["eks:DescribeCluster"], resources=[arn])
        )
        _ = self.provider  # Made before the sets, so that it also precedes them in the template.

    @staticmethod
    def of(scope: Construct, cilium: Cilium) -> PolicySets:
        """The sets of the stack that *scope* is in, for a cluster."""
        stack = cdk.Stack.of(scope)
        id = f"CiliumPolicySets{cilium.node.addr[-8:]}"
        found = stack.node.try_find_child(id)
        return found if isinstance(found, PolicySets) else PolicySets(stack, id, cilium=cilium)

    def in_namespace(self, namespace: str) -> PolicySet:
        """The set of a namespace, made at the first call. The namespace must exist."""
        return self._set(namespace)

    def clusterwide(self) -> PolicySet:
        """The set of clusterwide policies, made at the first call."""
        return self._set(None)

    def _set(self, namespace: str | None) -> PolicySet:
        if namespace not in self._sets:
            id = f"In-{namespace}" if namespace else "Clusterwide"
            self._sets[namespace] = PolicySet(self, id, sets=self, namespace=namespace)
        return self._sets[namespace]


class PolicySet(Construct):
    """The policies of a namespace, or the clusterwide ones, as one custom resource.

    The function applies the policies that changed, in the order in which they were added, and then deletes
    the policies that left the set. It never touches what others made.

    Args:
        sets: The function that keeps the set.
        namespace: The namespace; None for clusterwide policies.
    """

    def __init__(self, scope: Construct, id: str, *, sets: PolicySets, namespace: str | None) -> None:
        super().__init__(scope, id)
        self.namespace = namespace
        self._version = sets.cilium.version
        self._values = sets.cilium.values
        self._sources: list[Written] = []
        self.owner = cdk.Names.unique_resource_name(self, max_length=63, separator="-").lower()
        rights = policy_rights(sets.role_name, sets.group, namespace)
        self.rights = sets.grant_in_kubernetes(self, "Rbac", rights, prune=False)
        self.rights.node.add_dependency(sets.cilium.api_ready)
        self.resource = sets.custom_resource(
            self,
            resource_type="Custom::CiliumPolicySet",
            properties={
                **sets.cluster_properties,
                **({"Namespace": namespace} if namespace else {}),
                "Owner": self.owner,
                # Verbs may add to policies until the app is synthesized.
                "Bundle": later(lambda: pack(self.manifests)),
                "Digests": later(lambda: digests(self.manifests)),
            },
        )
        # The operator registers the CRDs once it runs, and it needs a node to run.
        self.resource.node.add_dependency(self.rights, sets.access, *sets.cilium.running)
        self.node.add_validation(cast(IValidation, _Sound(self)))

    def add(self, *written: Written) -> None:
        """Add policies to the set. Synthesis reports what is wrong with them."""
        self._sources += written

    def problems(self) -> list[Problem]:
        """What is wrong with the policies of the set, all at once."""
        found: list[Problem] = []
        seen: set[str] = set()
        options = AgentOptions.of_chart(EffectiveValues.of(self._values, self._version).written)
        for source in self._sources:
            try:
                policy = source.policy() if isinstance(source, Writer) else source
            except InputError as error:
                found += error.problems
                continue
            # CDK names the set.
            where = f"policy {policy.name}"
            found += problems_for(policy, self._version, where, options)
            if policy.kind_name not in _KINDS:
                rule, fix = f"must be a {' or '.join(_KINDS)}", "use the construct ClusterNetworkPolicy"
                found.append(Problem(where, rule, policy.kind_name, fix, id="CEK6210"))
            elif policy.namespace != self.namespace:
                place = f"of namespace {self.namespace}" if self.namespace else "a clusterwide one"
                rule, fix = f"must be {place}", "add it to another set"
                found.append(Problem(where, rule, policy.namespace, fix, id="CEK6026"))
            if policy.name in seen:
                rule = "must have a unique name in its namespace"
                found.append(Problem(where, rule, fix="rename one of them", id="CEK6027"))
            seen.add(policy.name)
        return found or list(self._size_problems())

    def _size_problems(self) -> Iterator[Problem]:
        manifests = self.manifests
        size = len(pack(manifests)) + len(json.dumps(digests(manifests)))
        if size > EVENT_LIMIT:
            yield Problem(
                "the policies",
                f"must pack to {EVENT_LIMIT:,} characters, which Lambda takes in one event",
                size,
                "write fewer rules with more peers each, or split the namespace in two",
                id="CEK6028",
            )

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies, in the order in which they are applied.

        Raises:
            InputError: If one of them cannot be made.
        """
        return tuple(one.policy() if isinstance(one, Writer) else one for one in self._sources)

    @property
    def manifests(self) -> list[dict[str, Any]]:
        """The policies as plain data."""
        return [policy.manifest() for policy in self.policies]

    def retain(self) -> None:
        """Leave the policies in the cluster when the set leaves the app."""
        cast(cdk.CfnResource, self.resource.node.default_child).apply_removal_policy(cdk.RemovalPolicy.RETAIN)


@jsii.implements(IValidation)
class _Sound:
    """Reports to CDK what is wrong with a set, once the app is complete."""

    def __init__(self, policies: PolicySet) -> None:
        self._set = policies

    def validate(self) -> list[str]:
        """What is wrong, in words."""
        return [str(problem) for problem in self._set.problems()]


def policy_rights(name: str, group: str, namespace: str | None) -> list[dict[str, Any]]:
    """The function's role for a set, and its binding; both are called *name*."""
    plural = "ciliumnetworkpolicies" if namespace else "ciliumclusterwidenetworkpolicies"
    rules = [{"apiGroups": ["cilium.io"], "resources": [plural], "verbs": _VERBS}]
    return role_and_binding(name, group, rules, namespace)
