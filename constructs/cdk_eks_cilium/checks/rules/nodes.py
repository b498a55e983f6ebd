"""Rules about node groups and their machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.checks.rules.rule import Finding, TemplateRule
from cdk_eks_cilium.checks.rules.templates import CLUSTER, NODE_GROUP, Properties, Template, of_type
from cdk_eks_cilium.checks.template_graph import Graph, references

_ATT: Final = "Fn::GetAtt"


def _nodes_in_the_clusters_group(template: Template, _: Graph) -> Iterator[Finding]:
    clusters = dict(of_type(template, CLUSTER))
    for group, props, data in _launch_templates(template):
        own = list(data.get("SecurityGroupIds", []))
        for interface in data.get("NetworkInterfaces", []):
            own += interface.get("Groups", [])
        for cluster in {*references(props.get("ClusterName"))} & clusters.keys():
            shared = [cluster, "ClusterSecurityGroupId"]
            if own and not any(each in own for each in ({_ATT: shared}, {_ATT: ".".join(shared)})):
                yield Finding(
                    group,
                    f"its launch template names security groups without the group of {cluster}: pods have "
                    "their node's groups, and need all traffic among nodes, pods and control plane",
                    "name the cluster's security group too, or leave the groups out",
                )


def _metadata_is_the_nodes_own(template: Template, _: Graph) -> Iterator[Finding]:
    for group, _props, data in _launch_templates(template):
        options = data.get("MetadataOptions", {})
        if options.get("HttpTokens") != "required":
            yield Finding(
                group,
                "its launch template does not require IMDSv2: a pod that makes a program of the node send a "
                "request can read the node's credentials",
                "set HttpTokens to 'required'",
            )
        if str(options.get("HttpPutResponseHopLimit")) != "1":
            yield Finding(
                group,
                "its launch template does not keep answers of the metadata service to one hop: they reach "
                "pods that are not on the host network",
                "set HttpPutResponseHopLimit to 1",
            )


def _launch_templates(template: Template) -> Iterator[tuple[str, Properties, Properties]]:
    """Node groups with their properties and their launch template's data, where the template has it."""
    known = dict(of_type(template, "AWS::EC2::LaunchTemplate"))
    for group, props in of_type(template, NODE_GROUP):
        for name in {*references(props.get("LaunchTemplate", {}))}:
            if name in known:
                yield group, props, known[name].get("LaunchTemplateData", {})


def _ssh_is_not_for_everyone(template: Template, _: Graph) -> Iterator[Finding]:
    for group, props in of_type(template, NODE_GROUP):
        access = props.get("RemoteAccess", {})
        if access.get("Ec2SshKey") and not access.get("SourceSecurityGroups"):
            yield Finding(
                group,
                "port 22 of its nodes is open to the whole internet: RemoteAccess names a key without groups",
                "name SourceSecurityGroups, or leave RemoteAccess out and use Session Manager",
            )


RULES: Final = (
    TemplateRule("CEC009", "Nodes are in the cluster's security group", _nodes_in_the_clusters_group),
    TemplateRule("CEC013", "Node credentials are out of pods' reach", _metadata_is_the_nodes_own),
    TemplateRule("CEC020", "SSH to the nodes is not open to everyone", _ssh_is_not_for_everyone),
)
