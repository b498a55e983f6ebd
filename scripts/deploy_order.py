"""The steps of a deploy and the reasons for their order, each held against the templates' own graph.

Nothing here decides an order. A step names resources of the templates, an edge claims that one step waits
for another, and `check` refuses a claim that the templates do not keep.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from cdk_eks_cilium.checks.template_graph import dependency_graph, waits_for
from cdk_eks_cilium.versions import behaviour, known_versions
from scripts.synthesis import Templates, variant


@dataclass(frozen=True)
class Step:
    """A part of the deploy.

    Attributes:
        title: What it is called in the documentation.
        stack: ``network`` or ``cluster``.
        resources: A text that logical ids contain, by type; every resource that fits belongs to the step.
        note: What the picture says of a step that it shows.
    """

    title: str
    stack: str
    resources: Mapping[str, str]
    note: str = ""


@dataclass(frozen=True)
class Edge:
    """One step waits for another.

    Attributes:
        later: The step that waits.
        earlier: The step it waits for; on destroy this one waits.
        create: Why, on create and update.
        destroy: Why the reverse, on destroy.
        settings: The settings, as JSON, whose templates hold the edge.
    """

    later: str
    earlier: str
    create: str
    destroy: str
    settings: str = "{}"


STEPS: Final = {
    "vpc": Step("VPC", "network", {"AWS::EC2::VPC": ""}, "zones, subnets, NAT"),
    "block": Step("secondary CIDR", "network", {"AWS::EC2::VPCCidrBlock": ""}, "for pods alone"),
    "subnets": Step("pod subnets", "network", {"AWS::EC2::Subnet": "PodSubnets"}, "one in each zone"),
    "routes": Step("pod subnet routes", "network", {"AWS::EC2::Route": "PodSubnets"}),
    "logs": Step("log group, key", "cluster", {"AWS::Logs::LogGroup": "ControlPlaneLogs"}),
    "cluster": Step("control plane", "cluster", {"AWS::EKS::Cluster": ""}, "no nodes yet"),
    "access": Step(
        "access entries", "cluster", {"AWS::EKS::AccessEntry": "ControlPlane"}, "people and kubectl"
    ),
    "ready": Step(
        "API ready", "cluster", {"Custom::AWSCDK-EKS-KubernetesObjectValue": "ApiReady"}, "kubectl is let in"
    ),
    "rights": Step(
        "removal's rights",
        "cluster",
        {
            "Custom::AWSCDK-EKS-KubernetesResource": "AwsNodeRemovalPermissions",
            "AWS::EKS::AccessEntry": "AwsNodeRemovalPermissions",
        },
        "one Role, one entry",
    ),
    "removal": Step("aws-node removed", "cluster", {"Custom::AwsNodeRemoval": ""}, "and seen to be gone"),
    "takeover rights": Step(
        "takeover's rights",
        "cluster",
        {"Custom::AWSCDK-EKS-KubernetesResource": "ReleaseTakeoverPermissions"},
    ),
    "takeover": Step("release taken back", "cluster", {"Custom::CiliumReleaseTakeover": ""}),
    "sweep": Step("sweep of interfaces", "cluster", {"Custom::EniSweep": ""}),
    "role": Step(
        "operator role",
        "cluster",
        {"AWS::IAM::Role": "OperatorRole", "AWS::IAM::Policy": "OperatorRole"},
        "with its policy",
    ),
    "release": Step("Cilium release", "cluster", {"Custom::AWSCDK-EKS-HelmChart": ""}, "Helm does not wait"),
    "counts": Step("node counts", "cluster", {"Custom::NodeCount": ""}, "asked of EKS"),
    "nodes": Step("node groups", "cluster", {"AWS::EKS::Nodegroup": ""}, "Ready by Cilium"),
    "config": Step("CNI ConfigMap", "cluster", {"Custom::AWSCDK-EKS-KubernetesResource": "CniConfiguration"}),
    "kube-proxy": Step("kube-proxy add-on", "cluster", {"AWS::EKS::Addon": "KubeProxy"}),
    "coredns": Step("CoreDNS add-on", "cluster", {"AWS::EKS::Addon": "CoreDns"}),
}

CHAIN: Final = (
    ("vpc", "block", "subnets", "cluster", "access"),
    ("ready", "rights", "removal", "release", "nodes"),
)
"""The longest way through the default deploy, in two rows as the picture shows it."""

_FOR_THE_DESTROY: Final = "nothing happens on create; the edge is for the destroy"
_LAST_WITH_CONFIG_MAP = max(
    version for version in known_versions() if not behaviour.chart.NODE_SPEC.holds(version)
)
_NEVER = '{"aws_node": "never-install"}'
_POD = '{"cilium": {"egress": "pod"}}'
OLD: Final = json.dumps({"cilium": {"version": _LAST_WITH_CONFIG_MAP.number}})
"""Settings with the newest Cilium that needs the CNI ConfigMap."""

EDGES: Final = (
    Edge("block", "vpc", "a block is added to a VPC", "a VPC goes after its blocks"),
    Edge(
        "subnets",
        "block",
        "a subnet's range must exist; nothing in the template says so unless a dependency does",
        "a block with a subnet in it cannot be taken away",
    ),
    Edge(
        "routes",
        "block",
        "with egress `pod` each pod subnet has a default route, in a table that is made after the block",
        "routes go before their tables",
        _POD,
    ),
    Edge(
        "cluster",
        "block",
        "EKS can take up to an hour to learn a block that is added later",
        "the cluster's interfaces leave the VPC first",
    ),
    Edge(
        "cluster",
        "logs",
        "EKS would make a log group of its own, which a destroy leaves behind",
        "the log group takes the last lines of the control plane",
    ),
    Edge("access", "cluster", "an entry belongs to a cluster", "the entry goes before its cluster"),
    Edge(
        "ready",
        "access",
        "a young entry is refused for some seconds, and CDK's kubectl handler does not retry a refusal",
        "people keep their access until Kubernetes is no longer needed",
    ),
    Edge(
        "rights",
        "ready",
        "the first manifest comes when the handler is allowed to write",
        "the manifest is deleted while the handler is still allowed to",
    ),
    Edge(
        "removal",
        "rights",
        "the removal's function needs its Kubernetes Role, and an entry that puts it in the Role's group",
        "a patch is taken back while the function may; a removal is not undone, for then there were two CNIs",
    ),
    Edge(
        "release",
        "removal",
        "Cilium must be the only CNI when it starts",
        "Cilium goes while the cluster is whole",
    ),
    Edge(
        "takeover rights",
        "ready",
        "the manifest comes when the handler is allowed to write",
        "the manifest is deleted while the handler is still allowed to",
    ),
    Edge(
        "takeover",
        "takeover rights",
        "the takeover's function needs its Kubernetes Roles",
        "nothing happens on destroy; the edge is for the update",
    ),
    Edge(
        "release",
        "takeover",
        "Helm's apply must not conflict with changes by hand, in an update and in its roll-back",
        "nothing happens on destroy; the edge is for the update",
    ),
    Edge("sweep", "cluster", _FOR_THE_DESTROY, "interfaces left behind hold the cluster's security group"),
    Edge("sweep", "subnets", _FOR_THE_DESTROY, "a subnet with an interface in it cannot go"),
    Edge(
        "release",
        "sweep",
        _FOR_THE_DESTROY,
        "the sweep comes when no operator makes interfaces any more, and no node holds them",
    ),
    Edge(
        "release",
        "role",
        "the operator's first call needs its permissions",
        "the operator can delete its interfaces until it is gone",
    ),
    Edge(
        "counts",
        "release",
        "a group gets the number of nodes that it has by then, as an autoscaler chose it",
        "nothing happens on destroy; the edge is for the update",
    ),
    Edge("nodes", "counts", "the number is a property of the group", "nothing happens on destroy"),
    Edge(
        "release", "subnets", "its values name the pod subnets", "a subnet with an interface in it cannot go"
    ),
    Edge(
        "release",
        "config",
        f"below {behaviour.chart.NODE_SPEC.since} the agents read pod subnets and first interface from it "
        "when they start",
        "agents never run without it",
        OLD,
    ),
    Edge(
        "nodes",
        "release",
        "a node gets Ready only through a CNI, and one that ever ran aws-node never gets prefixes",
        "Cilium serves the pods until the last node is gone",
    ),
    Edge(
        "release",
        "kube-proxy",
        "agents reach the API through a Service address",
        "the Service address works until Cilium is gone",
        _NEVER,
    ),
    Edge(
        "nodes",
        "kube-proxy",
        "a node's pods need Services from the start",
        "Services work until the last node is gone",
        _NEVER,
    ),
    Edge(
        "coredns",
        "nodes",
        "its add-on waits until its pods run, which takes a node",
        "names resolve until the nodes go",
        _NEVER,
    ),
)


def check() -> None:
    """Hold every edge, and the chain, against the templates.

    Raises:
        ValueError: If a step has no resources or one step does not wait for the other.
    """
    spine = [key for row in CHAIN for key in row]
    claims = [(edge.later, edge.earlier, edge.settings) for edge in EDGES]
    claims += [(later, earlier, "{}") for earlier, later in pairwise(spine)]
    for later, earlier, settings in claims:
        if not _kept(variant(settings), STEPS[later], STEPS[earlier]):
            raise ValueError(f"the templates of {settings} do not make {later!r} wait for {earlier!r}")


def resources(templates: Templates, step: Step) -> list[str]:
    """Logical ids of a step's resources.

    Raises:
        ValueError: If the template lacks them.
    """
    found = [
        name
        for name, resource in templates.of(step.stack)["Resources"].items()
        if resource["Type"] in step.resources and step.resources[resource["Type"]] in name
    ]
    if not found:
        raise ValueError(f"the {step.stack} template has nothing of the step {step.title!r}")
    return found


def _kept(templates: Templates, later: Step, earlier: Step) -> bool:
    firsts, seconds = resources(templates, earlier), resources(templates, later)
    if later.stack != earlier.stack:
        return later.stack == "cluster" and templates.stacks_ordered
    graph = dependency_graph(templates.of(later.stack))
    return all(waits_for(graph, second, first) for first in firsts for second in seconds)
