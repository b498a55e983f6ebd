"""Rules about a finished template: order and rights that no single construct can see. Plain Python."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import networkx as nx

from cdk_eks_cilium.template_graph import cycles, dependency_graph, references, waits_for

Template = Mapping[str, Any]
Graph = nx.DiGraph  # networkx's stubs make it generic, the class itself is not

HELM_CHART: Final = "Custom::AWSCDK-EKS-HelmChart"
NODE_GROUP: Final = "AWS::EKS::Nodegroup"
REMOVAL: Final = "Custom::AwsNodeRemoval"

_ATT: Final = "Fn::GetAtt"
_NODE_POLICY: Final = "AmazonEKSWorkerNodePolicy"
_CNI_POLICY: Final = "AmazonEKS_CNI_Policy"
_REGISTRY_POLICIES: Final = ("AmazonEC2ContainerRegistryPullOnly", "AmazonEC2ContainerRegistryReadOnly")


@dataclass(frozen=True)
class Finding:
    """One breach of a rule.

    Attributes:
        resource: Logical id of the resource at fault.
        text: What is wrong.
        fix: What to do.
    """

    resource: str
    text: str
    fix: str


@dataclass(frozen=True)
class Rule:
    """A rule with its id and the reason it exists."""

    id: str
    reason: str
    find: Callable[[Template, Graph[str]], Iterator[Finding]]


def _of_type(template: Template, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, resource in template.get("Resources", {}).items():
        if resource.get("Type") == kind:
            yield name, resource.get("Properties", {})


def _releases(template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    # A chart among the app's assets has no name in the template; then the release's is looked at.
    return (
        (name, props)
        for name, props in _of_type(template, HELM_CHART)
        if props.get("Chart", props.get("Release")) == "cilium"
    )


def _nodes_after_release(template: Template, graph: Graph[str]) -> Iterator[Finding]:
    for release, chart in _releases(template):
        for group, props in _of_type(template, NODE_GROUP):
            if props.get("ClusterName") == chart.get("ClusterName") and not waits_for(graph, group, release):
                yield Finding(
                    group,
                    f"the node group can start before the release {release}, and would never become ready",
                    "make it with Cilium.add_node_group(), or pass it to Cilium.run_on()",
                )


def _release_after_removal(template: Template, graph: Graph[str]) -> Iterator[Finding]:
    for release, _ in _releases(template):
        for removal, _ in _of_type(template, REMOVAL):
            if not waits_for(graph, release, removal):
                yield Finding(
                    release,
                    f"the release can start before {removal} has taken aws-node away",
                    "make the release depend on the removal",
                )


def _subnet_after_block(template: Template, graph: Graph[str]) -> Iterator[Finding]:
    for block, association in _of_type(template, "AWS::EC2::VPCCidrBlock"):
        outer = _network(association.get("CidrBlock"))
        for subnet, props in _of_type(template, "AWS::EC2::Subnet"):
            inner = _network(props.get("CidrBlock"))
            if outer and inner and inner.subnet_of(outer) and not waits_for(graph, subnet, block):
                yield Finding(
                    subnet,
                    f"the subnet {inner} can be asked for before its range {outer} exists ({block})",
                    "add a dependency on the CIDR block, or use PodSubnets",
                )


def _no_waiting_release(template: Template, _: Graph[str]) -> Iterator[Finding]:
    for release, props in _releases(template):
        for option in ("Wait", "Atomic"):
            if str(props.get(option, False)).lower() == "true":
                yield Finding(
                    release,
                    f"the release waits for pods ({option}), which need the nodes that wait for the release",
                    f"leave {option.lower()} out",
                )


def _node_role_policies(template: Template, _: Graph[str]) -> Iterator[Finding]:
    roles = dict(_of_type(template, "AWS::IAM::Role"))
    for group, props in _of_type(template, NODE_GROUP):
        for name in references(props.get("NodeRole")):
            if name in roles:
                yield from _role_findings(group, name, str(roles[name].get("ManagedPolicyArns", [])))


def _role_findings(group: str, role: str, policies: str) -> Iterator[Finding]:
    if _NODE_POLICY not in policies:
        yield Finding(
            group,
            f"node role {role} lacks {_NODE_POLICY}: its nodes cannot describe instances and never join",
            f"attach {_NODE_POLICY}",
        )
    if not any(policy in policies for policy in _REGISTRY_POLICIES):
        yield Finding(
            group,
            f"node role {role} cannot pull images from ECR, where EKS keeps its own",
            f"attach {_REGISTRY_POLICIES[0]}",
        )
    if _CNI_POLICY in policies:
        yield Finding(
            group,
            f"node role {role} holds {_CNI_POLICY}, which lets every pod on the host network rewire the VPC",
            "detach it: the operator's own role makes the interfaces",
        )


def _core_dns_after_nodes(template: Template, graph: Graph[str]) -> Iterator[Finding]:
    groups = [name for name, _ in _of_type(template, NODE_GROUP)]
    for addon, props in _of_type(template, "AWS::EKS::Addon"):
        late = any(waits_for(graph, addon, group) for group in groups)
        if props.get("AddonName") == "coredns" and groups and not late:
            yield Finding(
                addon,
                "CoreDNS is added before there is a node to run it, and its add-on waits until it runs",
                "make the add-on depend on a node group",
            )


def _no_cycles(_: Template, graph: Graph[str]) -> Iterator[Finding]:
    for group in cycles(graph):
        yield Finding(
            group[0],
            f"these wait for each other, which CloudFormation refuses: {', '.join(group)}",
            "remove one of the dependencies; depend on the cluster's default_child, not on the cluster",
        )


def _launch_templates(template: Template) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Node groups with their properties and their launch template's data, where the template has it."""
    known = dict(_of_type(template, "AWS::EC2::LaunchTemplate"))
    for group, props in _of_type(template, NODE_GROUP):
        for name in {*references(props.get("LaunchTemplate", {}))}:
            if name in known:
                yield group, props, known[name].get("LaunchTemplateData", {})


def _nodes_in_the_clusters_group(template: Template, _: Graph[str]) -> Iterator[Finding]:
    clusters = dict(_of_type(template, "AWS::EKS::Cluster"))
    for group, props, data in _launch_templates(template):
        own = list(data.get("SecurityGroupIds", []))
        for interface in data.get("NetworkInterfaces", []):
            own += interface.get("Groups", [])
        for cluster in {*references(props.get("ClusterName"))} & clusters.keys():
            shared = [cluster, "ClusterSecurityGroupId"]
            if own and not any(each in own for each in ({_ATT: shared}, {_ATT: ".".join(shared)})):
                yield Finding(
                    group,
                    f"its launch template names security groups without that of {cluster}: pods have their "
                    "node's groups, and need all traffic among nodes, pods and control plane",
                    "name the cluster's security group too, or name none",
                )


def _metadata_is_the_nodes_own(template: Template, _: Graph[str]) -> Iterator[Finding]:
    for group, _props, data in _launch_templates(template):
        options = data.get("MetadataOptions", {})
        if options.get("HttpTokens") != "required":
            yield Finding(
                group,
                "its launch template does not require IMDSv2: any request that a pod can make a node's "
                "program send reads the node's credentials",
                "set HttpTokens to 'required'",
            )
        if str(options.get("HttpPutResponseHopLimit")) != "1":
            yield Finding(
                group,
                "its launch template does not keep answers of the metadata service to one hop: they reach "
                "pods that are not on the host network",
                "set HttpPutResponseHopLimit to 1",
            )


RULES: Final = (
    Rule("CEC001", "Nodes start after the Cilium release", _nodes_after_release),
    Rule("CEC002", "The release starts after aws-node is gone", _release_after_removal),
    Rule("CEC003", "A subnet is made after its CIDR block", _subnet_after_block),
    Rule("CEC004", "The release does not wait for pods", _no_waiting_release),
    Rule("CEC005", "Nodes may do what booting needs, and no more", _node_role_policies),
    Rule("CEC006", "CoreDNS is added after a node group", _core_dns_after_nodes),
    Rule("CEC007", "Nothing waits for itself", _no_cycles),
    Rule("CEC009", "Nodes are in the cluster's security group", _nodes_in_the_clusters_group),
    Rule("CEC010", "Node credentials are out of pods' reach", _metadata_is_the_nodes_own),
)


def findings(template: Template) -> Iterator[tuple[Rule, Finding]]:
    """Every breach of every rule in one template."""
    graph = dependency_graph(template)
    for rule in RULES:
        for finding in rule.find(template, graph):
            yield rule, finding


def _network(cidr: Any) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Network(cidr)
    except (ValueError, TypeError):
        return None
