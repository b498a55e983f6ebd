"""Rules about node groups and their machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.checks.rules.clusters import (
    cilium_name,
    cluster_of,
    launch_data,
    own_node_groups,
    starters,
)
from cdk_eks_cilium.checks.rules.rule import RuleFinding, TemplateRule
from cdk_eks_cilium.checks.rules.templates import (
    CLUSTER,
    Properties,
    Template,
    mappings,
    of_type,
    operator_associations,
    releases,
    statements,
)
from cdk_eks_cilium.checks.template_graph import TemplateGraph, references

_ATT: Final = "Fn::GetAtt"
_CILIUM_TAG: Final = "io.cilium/cluster-name"
_EKS_TAG: Final = "eks:cluster-name"


def _nodes_in_the_clusters_group(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    clusters = {cluster_of(template, {"Ref": name}): name for name, _ in of_type(template, CLUSTER)}
    for group, props, data in _launch_templates(template):
        own = list(data.get("SecurityGroupIds", []))
        for interface in mappings(data.get("NetworkInterfaces")):
            own += interface.get("Groups", [])
        cluster = clusters.get(cluster_of(template, props.get("ClusterName")), "")
        shared = [cluster, "ClusterSecurityGroupId"]
        if cluster and own and not any(each in own for each in ({_ATT: shared}, {_ATT: ".".join(shared)})):
            yield RuleFinding(
                group,
                f"its launch template names security groups without the group of {cluster}: pods have "
                "their node's groups, and need all traffic among nodes, pods and control plane",
                "name the cluster's security group too, or leave the groups out",
            )


def _metadata_is_the_nodes_own(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    for group, _props, data in _launch_templates(template):
        options = data.get("MetadataOptions", {})
        if options.get("HttpTokens") != "required":
            yield RuleFinding(
                group,
                "its launch template does not require IMDSv2: a pod that makes a program of the node send a "
                "request can read the node's credentials",
                "set HttpTokens to 'required'",
            )
        if str(options.get("HttpPutResponseHopLimit")) != "1":
            yield RuleFinding(
                group,
                "its launch template does not keep answers of the metadata service to one hop: they reach "
                "pods that are not on the host network",
                "set HttpPutResponseHopLimit to 1",
            )


def _launch_templates(template: Template) -> Iterator[tuple[str, Properties, Properties]]:
    """Node groups with their properties and their launch template's data, where the template has it."""
    known = dict(of_type(template, "AWS::EC2::LaunchTemplate"))
    for group, props in own_node_groups(template):
        for name in {*references(props.get("LaunchTemplate", {}))}:
            if name in known:
                yield group, props, known[name].get("LaunchTemplateData", {})


def _ssh_is_not_for_everyone(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    for group, props in own_node_groups(template):
        access = props.get("RemoteAccess", {})
        if access.get("Ec2SshKey") and not access.get("SourceSecurityGroups"):
            yield RuleFinding(
                group,
                "port 22 of its nodes is open to the whole internet: RemoteAccess names a key without groups",
                "name SourceSecurityGroups, or leave RemoteAccess out and use Session Manager",
            )


def _self_managed_nodes_have_the_tag(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    for _release, chart in releases(template):
        cluster = cluster_of(template, chart.get("ClusterName"))
        if not _limited_by_tag(template, chart, cluster):
            continue
        named = cilium_name(template, chart)
        for nodes in starters(template, cluster):
            tags = _launch_tags(template, nodes.properties)
            # EKS tags the instances of its own groups.
            if nodes.kind == "node group" or tags.get(_EKS_TAG) == cluster:
                continue
            given = tags.get(_CILIUM_TAG)
            if given is None or named not in ("", given):
                yield RuleFinding(
                    nodes.name,
                    "the operator may not attach interfaces to its instances: they need the tag "
                    f"{_CILIUM_TAG}={named} or {_EKS_TAG}={cluster} when they start, and get "
                    + ("neither" if given is None else f"{_CILIUM_TAG}={given}"),
                    f"Tags.of(group).add({_CILIUM_TAG!r}, {named!r}, apply_to_launched_instances=True)",
                )


def _limited_by_tag(template: Template, chart: Properties, cluster: str) -> bool:
    """Whether the operator's rights end at instances without the tag, as all but the article's do."""
    roles = {*references(chart.get("Values"))}
    for _, association in operator_associations(template):
        if cluster_of(template, association.get("ClusterName")) == cluster:
            roles |= {*references(association.get("RoleArn"))}
    return any(
        f"aws:ResourceTag/{_CILIUM_TAG}" in str(statement.get("Condition", ""))
        for _, statement in statements(template, roles)
    )


def _launch_tags(template: Template, props: Properties) -> dict[str, str]:
    """The tags that the instances of an Auto Scaling group start with."""
    tags = [tag for tag in mappings(props.get("Tags")) if tag.get("PropagateAtLaunch") in (True, "true")]
    for data in launch_data(template, props):
        for specification in mappings(data.get("TagSpecifications")):
            if specification.get("ResourceType") == "instance":
                tags += mappings(specification.get("Tags"))
    return {str(tag.get("Key")): cluster_of(template, tag.get("Value")) for tag in tags}


RULES: Final = (
    TemplateRule("CEC009", "Nodes are in the cluster's security group", _nodes_in_the_clusters_group),
    TemplateRule("CEC013", "Node credentials are out of pods' reach", _metadata_is_the_nodes_own),
    TemplateRule("CEC020", "SSH to the nodes is not open to everyone", _ssh_is_not_for_everyone),
    TemplateRule(
        "CEC022", "The operator may attach interfaces to every node", _self_managed_nodes_have_the_tag
    ),
)
