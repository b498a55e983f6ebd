"""Rules about EKS's add-ons, and about other things that run on nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.checks.rules.clusters import (
    belongs_to,
    cilium_clusters,
    cluster_of,
    helm_values,
    is_for_cilium,
    starters,
)
from cdk_eks_cilium.checks.rules.rule import RuleFinding, TemplateRule
from cdk_eks_cilium.checks.rules.templates import (
    ADDON,
    HELM_CHART,
    REMOVAL,
    Properties,
    Template,
    of_type,
    releases,
    waits,
)
from cdk_eks_cilium.checks.template_graph import TemplateGraph
from cdk_eks_cilium.checks.template_text import text_of

_NEED_NODES: Final = {
    "coredns": "CoreDNS",
    "aws-ebs-csi-driver": "the controller of EBS CSI",
    "aws-efs-csi-driver": "the controller of EFS CSI",
    "metrics-server": "metrics-server",
    "snapshot-controller": "the snapshot controller",
}
"""Add-ons with a Deployment: until it runs, the add-on is degraded, and CloudFormation waits
(https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html)."""

# An affinity for this label keeps aws-node off every node, as https://github.com/cilium/cilium/issues/31041
# shows.
_KEPT_OFF: Final = "io.cilium/aws-node-enabled"


def _pods_after_nodes(template: Template, graph: TemplateGraph) -> Iterator[RuleFinding]:
    for addon, props in of_type(template, ADDON):
        what = _NEED_NODES.get(str(props.get("AddonName")))
        if what and _before_nodes(template, graph, addon, props):
            yield RuleFinding(
                addon,
                f"{what} is added before it has a node to run on, and its add-on waits until it runs",
                "make the add-on depend on a node group",
            )
    cilium = {name for name, _ in releases(template)}
    for chart, props in of_type(template, HELM_CHART):
        if chart not in cilium and waits(props) and _before_nodes(template, graph, chart, props):
            yield RuleFinding(
                chart,
                f"the release of {text_of(props.get('Chart', props.get('Release')))} can start before there "
                f"is a node to run on, and waits for its pods ({waits(props)[0]})",
                "make the chart depend on a node group",
            )


def _before_nodes(template: Template, graph: TemplateGraph, name: str, props: Properties) -> bool:
    """Whether something with pods of its own can start before every node of its cluster."""
    if not is_for_cilium(template, props):
        return False
    cluster = cluster_of(template, props.get("ClusterName"))
    nodes = {each.name for each in starters(template, cluster)}
    profiles = of_type(template, "AWS::EKS::FargateProfile")
    nodes |= {profile for profile, given in profiles if belongs_to(template, given, cluster)}
    return bool(nodes) and not nodes & graph.waited_for(name)


def _no_addon_of_what_cilium_replaces(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    for addon, props in of_type(template, ADDON):
        cluster = cluster_of(template, props.get("ClusterName"))
        if cluster not in cilium_clusters(template):
            continue
        if props.get("AddonName") == "vpc-cni" and _KEPT_OFF not in text_of(props.get("ConfigurationValues")):
            yield RuleFinding(
                addon,
                "EKS installs aws-node with the add-on vpc-cni: nodes get two CNIs, and new ones never get "
                "prefixes from Cilium",
                "remove the add-on; Cilium is the cluster's only CNI",
            )
        if props.get("AddonName") == "kube-proxy" and _replaces_kube_proxy(template, cluster):
            yield RuleFinding(
                addon,
                "EKS installs kube-proxy with the add-on, and Cilium replaces it on every node",
                "remove the add-on, or leave kube_proxy_replacement out",
            )


def _replaces_kube_proxy(template: Template, cluster: str) -> bool:
    """Whether Cilium replaces kube-proxy, and the app does not leave it there on purpose."""
    removals = [props for _, props in of_type(template, REMOVAL) if belongs_to(template, props, cluster)]
    if removals and not any("kube-proxy" in text_of(props.get("KeptOff")) for props in removals):
        return False
    charts = [props for _, props in releases(template) if belongs_to(template, props, cluster)]
    return any(
        str(helm_values(template, chart).get("kubeProxyReplacement")).lower() in ("true", "strict")
        for chart in charts
    )


def _each_addon_once(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    first: dict[tuple[str, str], str] = {}
    for addon, props in of_type(template, ADDON):
        if not is_for_cilium(template, props):
            continue
        key = (cluster_of(template, props.get("ClusterName")), text_of(props.get("AddonName")))
        other = first.setdefault(key, addon)
        if other != addon:
            yield RuleFinding(
                addon,
                f"the add-on {key[1]} is there already ({other}), and EKS refuses a second one",
                "remove one of the two"
                + (
                    "; on a cluster of this app use cluster.eks_pod_identity_agent, as Cilium does"
                    if key[1] == "eks-pod-identity-agent"
                    else ""
                ),
            )


RULES: Final = (
    TemplateRule("CEC006", "What needs a node is added after the nodes", _pods_after_nodes),
    TemplateRule("CEC021", "No add-on brings back what Cilium replaces", _no_addon_of_what_cilium_replaces),
    TemplateRule("CEC023", "Each add-on is added once", _each_addon_once),
)
