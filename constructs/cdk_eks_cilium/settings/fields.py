"""The types of single settings, each with its rule and its fix in words.

A type judges one value by itself; `rules` judges several settings together.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from cdk_eks_cilium.addressing.api_clients import caller_problems
from cdk_eks_cilium.addressing.vpc_blocks import cidr_problems
from cdk_eks_cilium.problems import Problem, refusal, refuse
from cdk_eks_cilium.problems.kubernetes_names import DNS_LABEL, LABEL_KEY, LABEL_VALUE
from cdk_eks_cilium.values.rules.images import REGISTRY_EXAMPLE, REGISTRY_PATTERN, REGISTRY_RULE
from cdk_eks_cilium.versions.cilium import version_problems
from cdk_eks_cilium.versions.kubernetes import problems as kubernetes_problems

ANYWHERE: Final = "0.0.0.0/0"

_DOCUMENTATION_RANGES: Final = tuple(
    ipaddress.IPv4Network(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
)

# The reserved addresses, which EKS refuses for the public endpoint.
# https://docs.aws.amazon.com/eks/latest/userguide/config-cluster-endpoint.html
_NOT_ON_THE_INTERNET: Final = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)


def is_placeholder(block: str) -> bool:
    """Whether *block* is a range for documentation (RFC 5737), so a placeholder."""
    return any(ipaddress.IPv4Network(block).subnet_of(nobodys) for nobodys in _DOCUMENTATION_RANGES)


@dataclass(frozen=True)
class Shape:
    """Text of one form: a validator, and a pattern in the JSON Schema.

    Attributes:
        pattern: The regular expression that the whole text must match.
        rule: The same in words, as a clause.
        fix: What to write instead: a clause, or a function of the refused text.
        id: The stable name of the rule.
    """

    pattern: str
    rule: str
    fix: str | Callable[[str], str] = ""
    id: str = field(default="", kw_only=True)

    def check(self, value: str) -> str:
        """Return *value*, or refuse it."""
        if not re.fullmatch(self.pattern, value):
            raise refusal(self.rule, self.fix if isinstance(self.fix, str) else self.fix(value), id=self.id)
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(core), "pattern": f"^(?:{self.pattern})$"}


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


def _refused_by(problems: Callable[[str, str], Iterable[Problem]]) -> AfterValidator:
    """Return a validator that refuses a value with its first problem."""

    def check(value: str) -> str:
        refuse(islice(problems("", value), 1))
        return value

    return AfterValidator(check)


def _range(value: str) -> str:
    """Check an IPv4 range of other networks, which is never every address."""
    if value == ANYWHERE:
        raise refusal("must be a range of addresses, not all addresses", "name the ranges", id="CEK1005")
    refuse(cidr_problems("", value, shortest=1, longest=32)[:1])
    network = ipaddress.IPv4Network(value)
    if network.is_loopback or network.is_link_local or network.is_multicast:
        raise refusal("must be a range that can be routed", "leave it out", id="CEK1006")
    return value


def _public_block(value: str) -> str:
    refuse(cidr_problems("", value, shortest=0, longest=32)[:1])
    if value == ANYWHERE or is_placeholder(value):
        return value
    for reserved in _NOT_ON_THE_INTERNET:
        if ipaddress.IPv4Network(value).overlaps(reserved):
            raise refusal(
                f"must be public addresses, outside {reserved}",
                "name the addresses that people have on the internet "
                "(networks with a route to the VPC go into private_cidrs)",
                id="CEK1007",
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
KubernetesNumber = Annotated[str, _refused_by(kubernetes_problems), BeforeValidator(_version_as_text)]
CiliumNumber = Annotated[str, _refused_by(version_problems), BeforeValidator(_version_as_text)]
VpcBlock = Annotated[str, _refused_by(cidr_problems)]
Range = Annotated[str, AfterValidator(_range)]
PublicBlock = Annotated[str, AfterValidator(_public_block)]
PrivateBlock = Annotated[str, _refused_by(caller_problems)]
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
