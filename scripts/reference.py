"""Tables of the documentation, made from the code that they describe."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cdk_eks_cilium.checks.rules import RULES
from cdk_eks_cilium.policy_analysis.lint import LINTS
from cdk_eks_cilium.settings import json_schema
from cdk_eks_cilium.versions import behaviour
from scripts import deploy_order
from scripts.schema_words import Schema, referred, table, type_words
from scripts.values_reference import FIELDS_PAGE, SECTIONS, anchor, own_first

_RULES: Final = {
    "CEC001": (
        "A node group, or an Auto Scaling group of the cluster's nodes, does not wait for the release, and "
        "neither does its stack.",
        "EKS waits for a Ready node, a node gets Ready through a CNI, and the CNI comes after it.",
        "Use `Cilium.add_node_group()`, or pass the nodes to `Cilium.run_on()`, which orders stacks too.",
    ),
    "CEC002": (
        "The release does not wait for the removal of aws-node.",
        "Two CNIs would share a node, and aws-node's addresses keep Cilium from using prefixes.",
        "Let the release depend on the removal.",
    ),
    "CEC003": (
        "A subnet lies in a secondary range, and does not wait for the range.",
        "A subnet's properties name the VPC alone, so CloudFormation may ask for it too early.",
        "Use `PodSubnets`, or add a dependency on the CIDR block.",
    ),
    "CEC004": (
        "The release has `wait` or `atomic`.",
        "Helm would wait for pods that need nodes, and the nodes wait for the release.",
        "Leave both out.",
    ),
    "CEC005": (
        "A node role lacks the worker or a registry policy, or holds AmazonEKS_CNI_Policy.",
        "Nodes without the first two never join. The third gives each pod on the host network rights that "
        "only the operator needs.",
        "Attach AmazonEKSWorkerNodePolicy and AmazonEC2ContainerRegistryPullOnly, and no policy of the CNI.",
    ),
    "CEC006": (
        "An add-on with a Deployment (CoreDNS, EBS CSI, EFS CSI, metrics-server, the snapshot controller), "
        "or a chart with `wait` or `atomic`, does not wait for nodes of its cluster.",
        "It waits until its pods run, so without a node CloudFormation waits until it gives up.",
        "Let it depend on a node group (`CoreAddons.run_on()` does that for CoreDNS).",
    ),
    "CEC007": (
        "Resources wait for each other.",
        "CloudFormation refuses such a template, and synthesizing it does not report the circle.",
        "Remove a dependency. Depend on the cluster's `default_child`, not on the cluster.",
    ),
    "CEC008": (
        "The release, or without one a node group, of the cluster does not wait for the sweep.",
        "A destroy is the reverse: the sweep would look while the operator still makes interfaces, or nodes "
        "hold them.",
        "Let the release depend on the sweep, as `Cilium` does.",
    ),
    "CEC009": (
        "A launch template of a node group names security groups, and not the cluster's.",
        "Clients reach pods at their own addresses on any port, so rules for single ports cut pods off.",
        "Name the cluster's security group too, or no groups.",
    ),
    "CEC010": (
        "A role of cilium-operator may change something in EC2 on `*`, without a condition.",
        "An operator gone wrong, or its stolen token, would reach every interface of the account.",
        "Use `values.policy_statements()`. The article's profile has such a policy, acknowledged.",
    ),
    "CEC011": (
        "The function that removes aws-node may change something in AWS on `*`, or holds another policy.",
        "It works in Kubernetes, with a role of its own there.",
        "Remove the rights, or name the single resource.",
    ),
    "CEC012": (
        "The release does not wait for the operator's Pod Identity association.",
        "EKS gives a pod its role when the pod is made. An earlier pod keeps the node's role.",
        "Let the release depend on the association and the agent (`Cilium` does).",
    ),
    "CEC013": (
        "A launch template of a node group does not require IMDSv2, or does not allow one hop only.",
        "A pod could read the node's credentials. Without both, a default of EKS or of the account decides.",
        "Set `HttpTokens` to `required` and `HttpPutResponseHopLimit` to 1.",
    ),
    "CEC014": (
        "A cluster has a public endpoint, and its ranges are left out or together are everything. Left out, "
        "the endpoint is public and the ranges are `0.0.0.0/0`.",
        "Only authentication then stands between anyone and the cluster's administrators.",
        "Name the ranges of your people, or no ranges. With `0.0.0.0/0` settings require a reason.",
    ),
    "CEC015": (
        "One of the five types of log is not on.",
        "Events that are not logged cannot be looked up later. By default EKS logs nothing.",
        "Name all five types (`cluster_logging`).",
    ),
    "CEC016": (
        "A cluster has no `EncryptionConfig`.",
        "The account then neither decides nor sees who decrypts secrets.",
        "Name a KMS key (`secrets_encryption_key`).",
    ),
    "CEC017": (
        "A cluster with a name writes logs, and does not wait for a log group `/aws/eks/NAME/cluster`.",
        "EKS would make the group without a retention, and a destroy would leave it behind.",
        "Add the log group, and let the cluster depend on it (`ControlPlane` does).",
    ),
    "CEC018": (
        "An access entry makes the role of nodes, of cilium-operator or of the removal of aws-node an "
        "administrator.",
        "Each pod on the host network of a node could then be an administrator, too.",
        "Remove the policy. Bind a Kubernetes group to a role with the necessary rights.",
    ),
    "CEC019": (
        "An access entry names a group `system:...`, a session or a pattern, or gives the entry of a node "
        "rights of its own.",
        "EKS refuses such an entry, when the cluster is already there.",
        "Use an access policy or a group of your own, and name the role itself.",
    ),
    "CEC020": (
        "A node group has `RemoteAccess` with a key, and without groups.",
        "EKS opens port 22 to `0.0.0.0/0`, in a security group that is not in the template.",
        "Name `SourceSecurityGroups`, or use Session Manager.",
    ),
    "CEC021": (
        "The cluster gets the add-on `vpc-cni`, or `kube-proxy` where Cilium replaces it. An affinity for "
        "`io.cilium/aws-node-enabled`, and `leave_kube_proxy`, are fine.",
        "EKS installs the DaemonSet with the add-on, whatever removed it before.",
        "Remove the add-on.",
    ),
    "CEC022": (
        "An Auto Scaling group of the cluster does not give its instances `io.cilium/cluster-name` with "
        "Cilium's name of the cluster, nor `eks:cluster-name` with the name in EKS.",
        "The operator's role ends at instances without these tags, so the nodes get no interface for pods.",
        "Add one of the tags with `Tags.of()`. EKS gives managed node groups the second.",
    ),
    "CEC023": (
        "Two add-ons of one cluster have the same name, such as `eks-pod-identity-agent`.",
        "EKS has each add-on once, and refuses the second when the first is there.",
        "Remove one. CDK and `Cilium` share the agent of `cluster.eks_pod_identity_agent`.",
    ),
}
"""Cause, why and fix of each check rule."""


def settings_table() -> str:
    """Every key of a settings file; the fields of Cilium's sections are on the page of the values."""
    schema = json_schema()
    return table(("Key", "Type", "Default", "Meaning"), list(_settings(schema, schema["$defs"], "")))


def _settings(part: Schema, parts: Mapping[str, Schema], prefix: str) -> Iterator[Sequence[str]]:
    for name, field in own_first(part["properties"]):
        key = f"{prefix}{name}"
        yield f"`{key}`", type_words(field, _refer), _default(name, field, part), field["description"]
        inner = referred(field)
        if inner and inner not in SECTIONS:
            yield from _settings(parts[inner], parts, key + ("." if "$ref" in field else "[]."))


def _refer(name: str) -> str:
    """A section of Cilium's values has its own table, on another page."""
    return f"[mapping]({FIELDS_PAGE}#{anchor(name)})" if name in SECTIONS else "mapping"


def _default(name: str, field: Schema, part: Schema) -> str:
    if name in part.get("required", ()):
        return "required"
    if "default" in field:
        return f"`{json.dumps(field['default'])}`"
    if name == "node_groups":
        return "one group `workers`"
    return "as there" if referred(field) in SECTIONS else "as below"


def rules_table() -> str:
    """Every rule of `CiliumChecks`.

    Raises:
        ValueError: If a rule is not explained here, or an explained one is gone.
    """
    ids = [rule.id for rule in RULES]
    if ids != list(_RULES):
        raise ValueError(f"the rules are {ids}, explained are {list(_RULES)}")
    rows = [(f"`{rule.id}`", rule.reason, *_RULES[rule.id]) for rule in RULES]
    return table(("ID", "Rule", "Found when", "Why it matters", "What to do"), rows)


def lints_table() -> str:
    """Every lint of policies."""
    rows = [(f"`{each.id}`", each.severity, each.title, each.why) for each in LINTS]
    return table(("ID", "Severity", "What holds where nothing is found", "Why it matters"), rows)


def order_table() -> str:
    """Every edge of the order that has a reason, after it was held against the templates."""
    deploy_order.check()
    rows = [
        (
            deploy_order.STEPS[edge.later].title,
            deploy_order.STEPS[edge.earlier].title,
            edge.create,
            edge.destroy,
            _CASES[edge.settings],
        )
        for edge in deploy_order.EDGES
    ]
    head = ("This", "waits for", "On create, because", "On destroy it goes first, because", "Where")
    return table(head, rows)


_CASES: Final = {
    "{}": "always",
    '{"aws_node": "never-install"}': "`aws_node: never-install`",
    '{"cilium": {"egress": "pod"}}': "`egress: pod`",
    deploy_order.OLD: f"Cilium below {behaviour.chart.NODE_SPEC.since}",
}
