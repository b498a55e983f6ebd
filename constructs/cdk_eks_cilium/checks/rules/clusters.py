"""Which cluster a resource belongs to, which clusters have Cilium, and what starts nodes of a cluster."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.checks.rules.templates import (
    CLUSTER,
    NODE_GROUP,
    REMOVAL,
    SWEEP,
    Properties,
    Template,
    mappings,
    of_type,
    releases,
)
from cdk_eks_cilium.checks.template_graph import references
from cdk_eks_cilium.checks.template_text import text_of

SCALING_GROUP: Final = "AWS::AutoScaling::AutoScalingGroup"

_OWNED: Final = "kubernetes.io/cluster/"
# How a node learns its cluster's name: the script of Amazon Linux 2, the configuration of AL2023
# (https://awslabs.github.io/amazon-eks-ami/nodeadm/doc/api/), the settings of Bottlerocket
# (https://bottlerocket.dev/en/os/latest/api/settings/kubernetes/#cluster-name).
_IN_USER_DATA: Final = (
    re.compile(r"/etc/eks/bootstrap\.sh\s+['\"]?([^\s'\"]+)"),
    re.compile(r"node\.eks\.aws/.*?\bcluster['\"]?:.*?\bname['\"]?:\s*['\"]?([^\s'\",}]+\}?)", re.DOTALL),
    re.compile(r"\bcluster-name['\"]?\s*=\s*['\"]?([^\s'\"]+)"),
)


@dataclass(frozen=True)
class Starter:
    """Something that starts nodes of a cluster.

    Attributes:
        name: Its logical id.
        cluster: Its cluster, as `cluster_of` names it.
        kind: What it is, in words.
        properties: Its properties.
    """

    name: str
    cluster: str
    kind: str
    properties: Properties


def cluster_of(template: Template, value: Any) -> str:
    """The name of the cluster that a property means, comparable with others; a reference where it is late."""
    if isinstance(value, Mapping) and set(value) == {"Ref"}:
        return _names(template).get(value["Ref"], text_of(value))
    return text_of(value)


def belongs_to(template: Template, props: Properties, cluster: str) -> bool:
    """Whether the property ``ClusterName`` means *cluster*."""
    return cluster_of(template, props.get("ClusterName")) == cluster


def cilium_clusters(template: Template) -> set[str]:
    """The clusters that get Cilium here, or lose aws-node for it."""
    marks = [props for kind in (REMOVAL, SWEEP) for _, props in of_type(template, kind)]
    marks += [props for _, props in releases(template)]
    return {cluster_of(template, props.get("ClusterName")) for props in marks}


def is_for_cilium(template: Template, props: Properties) -> bool:
    """Whether a resource's cluster gets Cilium. Where no cluster does, Cilium comes from another app."""
    clusters = cilium_clusters(template)
    return not clusters or cluster_of(template, props.get("ClusterName")) in clusters


def own_clusters(template: Template) -> Iterator[tuple[str, Properties]]:
    """The control planes that get Cilium."""
    for name, props in of_type(template, CLUSTER):
        if is_for_cilium(template, {"ClusterName": {"Ref": name}}):
            yield name, props


def own_node_groups(template: Template) -> Iterator[tuple[str, Properties]]:
    """The node groups of clusters that get Cilium."""
    for name, props in of_type(template, NODE_GROUP):
        if is_for_cilium(template, props):
            yield name, props


def starters(template: Template, cluster: str) -> Iterator[Starter]:
    """The node groups and Auto Scaling groups of a cluster."""
    for name, props in of_type(template, NODE_GROUP):
        if belongs_to(template, props, cluster):
            yield Starter(name, cluster, "node group", props)
    for name, props in of_type(template, SCALING_GROUP):
        if cluster in _clusters_of_group(template, props):
            yield Starter(name, cluster, "Auto Scaling group", props)


def launch_data(template: Template, props: Properties) -> Iterator[Properties]:
    """What an Auto Scaling group's machines are launched with: a template's data, or a configuration."""
    named = {*references(props)}
    for name, found in of_type(template, "AWS::EC2::LaunchTemplate"):
        if name in named:
            yield found.get("LaunchTemplateData", {})
    for name, found in of_type(template, "AWS::AutoScaling::LaunchConfiguration"):
        if name in named:
            yield found


def helm_values(template: Template, release: Properties) -> Mapping[str, Any]:
    """The values of a release, as far as the template has them; references are text."""
    try:
        found = json.loads(text_of(release.get("Values"), _names(template)) or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def cilium_name(template: Template, release: Properties) -> str:
    """Cilium's own name of the cluster; empty where the template does not tell it."""
    section = helm_values(template, release).get("cluster")
    return str(section.get("name", "")) if isinstance(section, dict) else ""


def _clusters_of_group(template: Template, props: Properties) -> set[str]:
    names = _names(template)
    keys = [text_of(tag.get("Key"), names) for tag in mappings(props.get("Tags"))]
    found = {key.removeprefix(_OWNED) for key in keys if key.startswith(_OWNED)}
    for data in launch_data(template, props):
        text = text_of(data.get("UserData"), names)
        found |= {match[1] for pattern in _IN_USER_DATA for match in pattern.finditer(text)}
    return found


def _names(template: Template) -> dict[str, str]:
    """The names of the control planes, where the template has them."""
    return {
        name: props["Name"]
        for name, props in of_type(template, CLUSTER)
        if isinstance(props.get("Name"), str)
    }
