"""Rules about what comes before what, on create and on destroy."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, Final

from cdk_eks_cilium.checks.joined_templates import is_resource, stack_of
from cdk_eks_cilium.checks.rules.clusters import belongs_to, cluster_of, starters
from cdk_eks_cilium.checks.rules.rule import RuleFinding, TemplateRule
from cdk_eks_cilium.checks.rules.templates import (
    REMOVAL,
    SWEEP,
    Template,
    of_type,
    operator_associations,
    releases,
    waits,
)
from cdk_eks_cilium.checks.template_graph import TemplateGraph, cycles, waits_for

_USE_RUN_ON: Final = "make it with Cilium.add_node_group(), or pass it to Cilium.run_on()"


def _nodes_after_release(template: Template, graph: TemplateGraph) -> Iterator[RuleFinding]:
    for release, chart in releases(template):
        for nodes in starters(template, cluster_of(template, chart.get("ClusterName"))):
            if waits_for(graph, nodes.name, release):
                continue
            here, there = stack_of(nodes.name), stack_of(release)
            if here == there:
                how, fix = "can start", _USE_RUN_ON
            elif waits_for(graph, release, nodes.name):
                how = "starts"
                fix = f"move it to the stack {there}, or to one after it, and {_USE_RUN_ON}"
            else:
                how = "can start"
                fix = f"{_USE_RUN_ON}, which also makes its stack wait for the release's"
            stacks = "" if here == there else f": the stack {here} does not wait for the stack {there}"
            yield RuleFinding(
                nodes.name,
                f"the {nodes.kind} {how} before the release {release}, and would never become ready{stacks}",
                fix,
            )


def _release_after_removal(template: Template, graph: TemplateGraph) -> Iterator[RuleFinding]:
    for release, chart in releases(template):
        cluster = cluster_of(template, chart.get("ClusterName"))
        for removal, props in of_type(template, REMOVAL):
            if belongs_to(template, props, cluster) and not waits_for(graph, release, removal):
                yield RuleFinding(
                    release,
                    f"the release can start before {removal} has taken aws-node away",
                    "make the release depend on the removal",
                )


def _subnet_after_block(template: Template, graph: TemplateGraph) -> Iterator[RuleFinding]:
    for block, association in of_type(template, "AWS::EC2::VPCCidrBlock"):
        outer = _network(association.get("CidrBlock"))
        for subnet, props in of_type(template, "AWS::EC2::Subnet") if outer else ():
            inner = _network(props.get("CidrBlock"))
            same = props.get("VpcId") == association.get("VpcId")
            if outer and inner and same and inner.subnet_of(outer) and not waits_for(graph, subnet, block):
                yield RuleFinding(
                    subnet,
                    f"CloudFormation can make the subnet {inner} before its range {outer} exists ({block})",
                    "add a dependency on the CIDR block, or use PodSubnets",
                )


def _no_waiting_release(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    for release, props in releases(template):
        for option in waits(props):
            yield RuleFinding(
                release,
                f"the release waits for pods ({option}), which need nodes, which wait for the release",
                f"leave {option.lower()} out",
            )


def _no_cycles(_: Template, graph: TemplateGraph) -> Iterator[RuleFinding]:
    for group in cycles(graph):
        named = [name for name in group if is_resource(name)]
        yield RuleFinding(
            named[0],
            f"these resources wait for each other, which CloudFormation refuses: {', '.join(named)}",
            "remove one of the dependencies; depend on the cluster's default_child, not on the cluster",
        )


def _sweep_outlasts_cilium(template: Template, graph: TemplateGraph) -> Iterator[RuleFinding]:
    for sweep, swept in of_type(template, SWEEP):
        cluster = cluster_of(template, swept.get("ClusterName"))
        own = [name for name, props in releases(template) if belongs_to(template, props, cluster)]
        # CEC001 lets nodes wait for their release; without a release here they must wait themselves.
        for late in own or [nodes.name for nodes in starters(template, cluster)]:
            if not waits_for(graph, late, sweep):
                yield RuleFinding(
                    late,
                    f"{sweep} can be deleted first, and then misses interfaces that are still made or held",
                    "let it depend on the sweep, as Cilium does",
                )


def _role_before_operator(template: Template, graph: TemplateGraph) -> Iterator[RuleFinding]:
    for release, chart in releases(template):
        cluster = cluster_of(template, chart.get("ClusterName"))
        for association, props in operator_associations(template):
            if belongs_to(template, props, cluster) and not waits_for(graph, release, association):
                yield RuleFinding(
                    release,
                    f"the operator can be made before {association}, and then keeps the role of its node",
                    "make the release depend on the association and on the agent's add-on",
                )


def _network(cidr: Any) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(cidr)
    except (ValueError, TypeError):
        return None


RULES: Final = (
    TemplateRule("CEC001", "Nodes start after the Cilium release", _nodes_after_release),
    TemplateRule("CEC002", "The release starts after aws-node is gone", _release_after_removal),
    TemplateRule("CEC003", "A subnet is made after its CIDR block", _subnet_after_block, everywhere=True),
    TemplateRule("CEC004", "The release does not wait for pods", _no_waiting_release),
    TemplateRule("CEC007", "Nothing waits for itself", _no_cycles, everywhere=True),
    TemplateRule("CEC008", "The sweep of interfaces goes after Cilium", _sweep_outlasts_cilium),
    TemplateRule("CEC012", "The operator's role is bound before the operator is made", _role_before_operator),
)
