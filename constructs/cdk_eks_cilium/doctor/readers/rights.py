"""The rights that readings need: a role of Kubernetes, and a policy of IAM.

Every right is one to read, of exactly what the readings name. Secrets are never among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Logs, Metrics, Objects, Reading

NAME: Final = "cdk-eks-cilium-doctor"
_RBAC: Final = "rbac.authorization.k8s.io"
_Right = tuple[str, str, str, str, str]
"""Namespace, API group, resource, verb, and the name of the only object."""

#: Operations of EKS and EC2 whose actions have another name, or that need further actions.
#: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelastickubernetesservice.html
#: What finds the cluster, its VPC, node groups, add-ons and insights, whichever check asks.
SCOPING: Final = (
    "eks:DescribeCluster",
    "eks:ListAddons",
    "eks:ListInsights",
    "eks:ListNodegroups",
)


def manifests(
    readings: Iterable[Reading], group: str = NAME, *, metrics: bool = False
) -> list[dict[str, Any]]:
    """The role and its binding as manifests: for the whole cluster, and for single namespaces.

    Args:
        readings: What is read.
        group: The group of Kubernetes that gets the role.
        metrics: Whether to grant ``pods/proxy``, which reads metrics. It reaches every port of these pods.
    """
    rights = sorted({right for each in readings for right in _rights(each, metrics=metrics)})
    made = []
    for namespace in sorted({right[0] for right in rights}):
        kind, space = ("Role", {"namespace": namespace}) if namespace else ("ClusterRole", {})
        rules = list(_rules([right[1:] for right in rights if right[0] == namespace]))
        if not namespace:
            rules.append({"nonResourceURLs": ["/version"], "verbs": ["get"]})
        named = {"name": NAME, **space}
        made.append({"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": named, "rules": rules})
        made.append(
            {
                "apiVersion": f"{_RBAC}/v1",
                "kind": f"{kind}Binding",
                "metadata": dict(named),
                "roleRef": {"apiGroup": _RBAC, "kind": kind, "name": NAME},
                "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": group}],
            }
        )
    return made


def _rights(reading: Reading, *, metrics: bool) -> Iterator[_Right]:
    match reading:
        case Objects():
            verb = "get" if reading.name else "list"
            yield (reading.namespace, reading.group, reading.plural, verb, reading.name)
        case Logs():
            yield (reading.namespace, "", "pods", "list", "")
            yield (reading.namespace, "", "pods/log", "get", "")
        case Metrics() if metrics:
            yield (reading.namespace, "", "pods", "list", "")
            yield (reading.namespace, "", "pods/proxy", "get", "")
        case Metrics() | ApiVersion() | Aws():
            return


def _rules(rights: Iterable[tuple[str, str, str, str]]) -> Iterator[dict[str, Any]]:
    """The rights as rules: one for each API group and verb, and one for each named object."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for group, resource, verb, name in rights:
        grouped.setdefault((group, verb, name), []).append(resource)
    for (group, verb, name), resources in grouped.items():
        only = {"resourceNames": [name]} if name else {}
        yield {"apiGroups": [group], "resources": resources, "verbs": [verb], **only}


def iam_policy(readings: Iterable[Reading]) -> dict[str, Any]:
    """The policy that allows the calls of AWS. Most calls that describe know only the resource ``*``."""
    actions = {_action(each) for each in readings if isinstance(each, Aws)}
    if not actions:
        return {"Version": "2012-10-17", "Statement": []}
    statement = {
        "Sid": "ReadForTheDoctor",
        "Effect": "Allow",
        "Action": sorted({*actions, *SCOPING}),
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


#: Clients of boto3 whose actions have another prefix than their name.
#: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
_PREFIXES: Final = {
    "service-quotas": "servicequotas",
    "elbv2": "elasticloadbalancing",
}


def _action(reading: Aws) -> str:
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]+", reading.operation):
        raise ValueError(f"{reading}: an operation has the name of the API, such as DescribeSubnets")
    return f"{_PREFIXES.get(reading.service, reading.service)}:{reading.operation}"
