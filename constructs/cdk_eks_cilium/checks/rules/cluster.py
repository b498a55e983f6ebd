"""Rules about a control plane. cdk-nag 3 has EKS1 and EKS2, and they do not look at `aws_eks_v2`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cdk_eks_cilium.addressing.internet import everyone
from cdk_eks_cilium.checks.rules.clusters import own_clusters
from cdk_eks_cilium.checks.rules.rule import RuleFinding, TemplateRule
from cdk_eks_cilium.checks.rules.templates import Properties, Template, known_late, of_type
from cdk_eks_cilium.checks.template_graph import TemplateGraph, waits_for

_LOG_TYPES: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")


def _api_is_not_for_everyone(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    for cluster, props in own_clusters(template):
        network = props.get("ResourcesVpcConfig", {})
        blocks = network.get("PublicAccessCidrs") or []
        # EKS's default is a public endpoint for all. Values that only a deploy knows are not checked.
        public = str(network.get("EndpointPublicAccess", True)).lower() == "true"
        if public and not known_late(blocks) and (not blocks or everyone(blocks)):
            how = f"are {', '.join(map(str, blocks))}" if blocks else "are left out"
            yield RuleFinding(
                cluster,
                f"its Kubernetes API is open to the whole internet: PublicAccessCidrs {how}",
                "name the ranges that people come from, or turn EndpointPublicAccess off",
            )


def _control_plane_logs(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    for cluster, props in own_clusters(template):
        enabled = _enabled_logs(props)
        missing = [kind for kind in _LOG_TYPES if enabled is not None and kind not in enabled]
        if missing:
            yield RuleFinding(
                cluster,
                f"its control plane does not log {', '.join(missing)}",
                "name all five types in Logging, as cluster_logging does",
            )


def _log_group_is_the_stacks(template: Template, graph: TemplateGraph) -> Iterator[RuleFinding]:
    groups = {
        props["LogGroupName"]: name
        for name, props in of_type(template, "AWS::Logs::LogGroup")
        if isinstance(props.get("LogGroupName"), str)
    }
    for cluster, props in own_clusters(template):
        if not isinstance(props.get("Name"), str) or _enabled_logs(props) == []:
            continue
        wanted = f"/aws/eks/{props['Name']}/cluster"
        if wanted not in groups:
            yield RuleFinding(
                cluster,
                f"EKS makes its log group {wanted}, which keeps everything for ever and outlives the stack",
                "add a log group of that name with a retention, and let the cluster depend on it",
            )
        elif not waits_for(graph, cluster, groups[wanted]):
            yield RuleFinding(
                cluster,
                f"EKS can make its log group {wanted} before {groups[wanted]} does, which then fails",
                f"let the cluster depend on {groups[wanted]}",
            )


def _secrets_have_a_key(template: Template, _: TemplateGraph) -> Iterator[RuleFinding]:
    for cluster, props in own_clusters(template):
        if not props.get("EncryptionConfig"):
            yield RuleFinding(
                cluster,
                "its Kubernetes secrets are encrypted with a key of AWS, which the account cannot revoke",
                "name a KMS key in EncryptionConfig, as secrets_encryption_key does",
            )


def _enabled_logs(props: Properties) -> list[Any] | None:
    """The types of log that are on; None where only a deploy knows them."""
    value: Any = props
    for key in ("Logging", "ClusterLogging", "EnabledTypes"):
        value = value.get(key) or {}
        if known_late(value):
            return None
    return [one.get("Type") for one in value]


RULES: Final = (
    TemplateRule("CEC014", "The Kubernetes API is not open to everyone", _api_is_not_for_everyone),
    TemplateRule("CEC015", "The control plane writes all its logs", _control_plane_logs),
    TemplateRule("CEC016", "Kubernetes secrets are encrypted with a key of the account", _secrets_have_a_key),
    TemplateRule("CEC017", "The control plane's log group is the stack's", _log_group_is_the_stacks),
)
