"""The types of single settings, each with its rule and its fix in words.

A type judges one value by itself; `rules` judges several settings together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator

from cdk_eks_cilium.problems import refusal, refuse
from cdk_eks_cilium.problems.kubernetes_names import DNS_LABEL, LABEL_KEY, LABEL_VALUE
from cdk_eks_cilium.values.rules.images import REGISTRY_EXAMPLE, REGISTRY_PATTERN, REGISTRY_RULE
from cdk_eks_cilium.versions.cilium import minors, version_problems
from cdk_eks_cilium.versions.kubernetes import problems as kubernetes_problems

from .shape import Shape, refused_by


def _suggest_name(value: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9]+", "-", value)
    plain = re.sub(r"^[0-9-]+", "", plain)[:100].strip("-")
    return f"did you mean {plain!r}?" if plain else "for example 'platform'"


def _suggest_principal(value: str) -> str:
    session = re.fullmatch(r"arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role/([^/]+)/.*", value)
    if session:
        partition, account, role = session.groups()
        return (
            "a session ends and an access entry stays, so name the role of the session: "
            f"'arn:{partition}:iam::{account}:role/{role}'"
        )
    if re.fullmatch(r"arn:aws[a-z-]*:iam::[0-9]{12}:root", value):
        return "an access entry cannot name a whole account, name a role in it"
    return "for example 'arn:aws:iam::111122223333:role/platform-admin'"


def _suggest_interface(value: str) -> str:
    if re.search(r"[+*\s]", value):
        return "a pattern would also match the interfaces of pods, and hide their addresses from Cilium"
    return "for example 'ens5'"


def _cilium_as_text(value: Any) -> Any:
    if isinstance(value, float | int) and not isinstance(value, bool):
        # 1.20 arrives as 1.2, which Cilium never released.
        minor = f"{value:.1f}" if f"{value:.1f}" in minors() else f"{value:.2f}"
        refuse(replace(problem, got=value) for problem in version_problems("", minor))
    return value


def _version_as_text(value: Any) -> Any:
    if isinstance(value, float):
        raise refusal(
            "must be text, because YAML reads 1.30 as the number 1.3",
            f"quote it: '{value:.2f}'",
            id="CEK1003",
        )
    return value


def _account_as_text(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        raise refusal(
            "must be text, because YAML drops leading zeros of numbers", "quote its 12 digits", id="CEK1004"
        )
    return value


# EKS also allows underscores; '<name>-network' must be a valid name of a stack.
Name = Annotated[
    str,
    Shape(
        r"[A-Za-z][A-Za-z0-9-]{0,99}",
        "must be 1 to 100 letters, digits and hyphens, starting with a letter",
        _suggest_name,
        id="CEK1008",
    ),
]
AccountId = Annotated[
    str,
    Shape(r"[0-9]{12}", "must be an account id of 12 digits", id="CEK1009"),
    BeforeValidator(_account_as_text),
]
Region = Annotated[
    str,
    Shape(
        r"[a-z]{2,4}(-[a-z]+){1,2}-[1-9]", "must be an AWS region", "for example 'eu-west-1'", id="CEK1010"
    ),
]
Zone = Annotated[
    str,
    Shape(
        r"[a-z]{2,4}(-[a-z]+){1,2}-[1-9][a-z]",
        "must be an availability zone, a region and one letter",
        "for example 'eu-west-1a'",
        id="CEK1011",
    ),
]
KubernetesNumber = Annotated[str, refused_by(kubernetes_problems), BeforeValidator(_version_as_text)]
CiliumNumber = Annotated[str, refused_by(version_problems), BeforeValidator(_cilium_as_text)]
VpcId = Annotated[
    str,
    Shape(
        r"vpc-[0-9a-f]{8,17}", "must be the id of a VPC", "for example 'vpc-0123456789abcdef0'", id="CEK1012"
    ),
]
SubnetId = Annotated[
    str,
    Shape(
        r"subnet-[0-9a-f]{8,17}",
        "must be the id of a subnet",
        "for example 'subnet-0123456789abcdef0'",
        id="CEK1013",
    ),
]
TransitGatewayId = Annotated[
    str,
    Shape(
        r"tgw-[0-9a-f]{8,17}",
        "must be the id of a transit gateway",
        "for example 'tgw-0123456789abcdef0'",
        id="CEK1014",
    ),
]
NatGatewayId = Annotated[
    str,
    Shape(
        r"nat-[0-9a-f]{8,17}",
        "must be the id of a NAT gateway",
        "for example 'nat-0123456789abcdef0'",
        id="CEK1015",
    ),
]
ServiceName = Annotated[
    str,
    Shape(
        r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?",
        "must be the name of an AWS service, the last part of its endpoint's name",
        "for example 'logs' for com.amazonaws.eu-west-1.logs",
        id="CEK1016",
    ),
]
ImageRegistry = Annotated[str, Shape(REGISTRY_PATTERN, REGISTRY_RULE, REGISTRY_EXAMPLE, id="CEK1017")]
Reason = Annotated[
    str,
    Shape(
        r"\S[^\n]{8,498}\S",
        "must be a reason of 10 to 500 characters, in one line",
        "name who needs it",
        id="CEK1018",
    ),
]
PrincipalArn = Annotated[
    str,
    Shape(
        r"arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+",
        "must be the ARN of an IAM role or user",
        _suggest_principal,
        id="CEK1019",
    ),
]
RoleArn = Annotated[
    str,
    Shape(
        r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+",
        "must be the ARN of an IAM role",
        "for example 'arn:aws:iam::111122223333:role/eks-control-plane'",
        id="CEK1093",
    ),
]
KeyArn = Annotated[
    str,
    Shape(
        r"arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/"
        r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})",
        "must be the ARN of a KMS key, not of an alias",
        "for example 'arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef'",
        id="CEK1094",
    ),
]
BucketArn = Annotated[
    str,
    Shape(
        r"arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()/-]+)?",
        "must be the ARN of an S3 bucket, with an optional folder",
        "for example 'arn:aws:s3:::network-logs'",
        id="CEK1095",
    ),
]
Namespace = Annotated[
    str,
    Shape(
        r"[a-z0-9*]([a-z0-9*-]{0,61}[a-z0-9*])?",
        "must be a namespace of at most 63 lower-case letters, digits and hyphens (* matches any)",
        id="CEK1020",
    ),
]
NamespaceName = Annotated[
    str,
    Shape(
        DNS_LABEL,
        "must be a namespace of at most 63 lower-case letters, digits and hyphens",
        id="CEK1021",
    ),
]
InstanceTypeName = Annotated[
    str,
    Shape(
        r"[a-z][a-z0-9-]*\.[a-z0-9-]+",
        "must be an EC2 instance type",
        "for example 'm6i.large'",
        id="CEK1022",
    ),
]
GroupName = Annotated[
    str,
    Shape(
        r"[0-9A-Za-z][A-Za-z0-9_-]{0,62}",
        "must be 1 to 63 letters, digits, hyphens and underscores, starting with a letter or digit",
        id="CEK1023",
    ),
]
InterfaceName = Annotated[
    str,
    Shape(
        r"[A-Za-z][A-Za-z0-9_-]{0,14}",
        "must be the exact name of one network interface, at most 15 characters",
        _suggest_interface,
        id="CEK1024",
    ),
]


def _plain_values(value: dict[str, Any]) -> dict[str, Any]:
    for path, leaf in _not_plain(value, ""):
        raise refusal(
            f"must hold only text, numbers, true, false, lists and mappings, unlike {path}",
            "quote it",
            got=leaf,
            id="CEK1025",
        )
    return value


def _not_plain(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield what JSON cannot hold: keys of other types than text, dates, sets, bytes, infinite numbers."""
    if isinstance(value, dict):
        for key, below in value.items():
            if not isinstance(key, str):
                yield f"the name {key!r} in {path or 'it'}", key
            yield from _not_plain(below, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _not_plain(below, f"{path}[{index}]")
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield path, value
    elif value is not None and not isinstance(value, (str, bool, int)):
        yield path, value


Overrides = Annotated[dict[str, Any], AfterValidator(_plain_values)]

_KUBELET_MAY_SET: Final = ("kubelet.kubernetes.io", "node.kubernetes.io")


def _label_key(value: str) -> str:
    prefix = value.rpartition("/")[0]
    own = prefix.endswith(_KUBELET_MAY_SET)
    if not own and re.search(r"(^|\.)(kubernetes\.io|k8s\.io|eks\.amazonaws\.com)$", prefix):
        raise refusal(
            f"must not begin with '{prefix}/', which is reserved for Kubernetes and EKS", id="CEK1026"
        )
    return value


LabelKey = Annotated[
    str,
    Shape(
        LABEL_KEY,
        "must be a Kubernetes label, a name of at most 63 characters after an optional 'domain/'",
        id="CEK1027",
    ),
    AfterValidator(_label_key),
]
LabelValue = Annotated[
    str,
    Shape(
        LABEL_VALUE, "must be a label's value of at most 63 letters, digits, '-', '_' and '.'", id="CEK1028"
    ),
]
TagKey = Annotated[
    str,
    Shape(
        r"(?!([aA][wW][sS]:))[\w .:/=+@-]{1,128}",
        "must be a tag key of 1 to 128 letters, digits, spaces and .:/=+-@_, not beginning with 'aws:'",
        id="CEK1029",
    ),
]
TagValue = Annotated[
    str,
    Shape(
        r"[\w .:/=+@-]{0,256}",
        "must be a tag value of at most 256 letters, digits, spaces and .:/=+-@_",
        id="CEK1030",
    ),
]
