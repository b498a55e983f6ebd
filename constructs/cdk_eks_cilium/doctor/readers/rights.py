"""The rights that readings need: a role of Kubernetes, and a policy of IAM.

Every right is one to read, of exactly what the readings name. Secrets are never among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Aws, Logs, Metrics, Objects, Reading

from .actions import action_of

NAME: Final = "cdk-eks-cilium-doctor"
_RBAC: Final = "rbac.authorization.k8s.io"
_Right = tuple[str, str, str, str, str]
"""Namespace, API group, resource, verb, and the name of the only object."""

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


def iam_policy(
    readings: Iterable[Reading], further: Iterable[str] = SCOPING, sid: str = "ReadForTheDoctor"
) -> dict[str, Any]:
    """The policy that allows the calls of AWS. Most calls that describe know only the resource ``*``.

    Args:
        readings: What is read.
        further: Actions beside, for what finds the rest.
        sid: The name of the statement.
    """
    actions = {action_of(each.service, each.operation) for each in readings if isinstance(each, Aws)}
    if not actions:
        return {"Version": "2012-10-17", "Statement": []}
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted({*actions, *further}),
        "Resource": "*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def change_set_statements() -> list[dict[str, Any]]:
    """What making, reading and deleting change sets needs, as statements of a policy.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
    """
    # CloudFormation resolves the public parameters of images with the rights of the caller.
    reads = ("DescribeChangeSet", "DescribeEvents", "DescribeStacks", "ListExports")
    writes = ("CreateChangeSet", "DeleteChangeSet", "DeleteStack")
    return [
        {
            "Sid": "MakeAndDeleteChangeSets",
            "Effect": "Allow",
            "Action": sorted(f"cloudformation:{each}" for each in (*reads, *writes)),
            "Resource": "*",
        },
        {
            "Sid": "FindAssets",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket", "ssm:GetParameters"],
            "Resource": "*",
        },
    ]
