"""The peers of a rule other than by labels: addresses, names, services, groups, entities."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, model_validator

from cdk_eks_cilium.problems import refusal
from cdk_eks_cilium.problems.kubernetes_names import is_subdomain

from .part import PolicyPart, Text
from .selectors import LabelSelector

# World-ipv4 and world-ipv6 are entities to the agent (`pkg/policy/api/entity.go`), but not to the CRDs.
Entity = Literal[
    "all",
    "world",
    "cluster",
    "cluster-mesh",
    "host",
    "init",
    "ingress",
    "unmanaged",
    "remote-node",
    "health",
    "none",
    "kube-apiserver",
]

# Cilium writes ``([-a-zA-Z0-9_]+[.]?)+``, on which Python's engine would take ages to refuse a long name.
_NAME: Final = re.compile(r"[-a-zA-Z0-9_]+([.][-a-zA-Z0-9_]+)*[.]?", re.ASCII)
_PATTERN: Final = re.compile(r"[-a-zA-Z0-9_*]+([.][-a-zA-Z0-9_*]+)*[.]?", re.ASCII)
_LONGEST_NAME: Final = 255
_LENGTH: Final = re.compile(r"0|[1-9]\d{0,2}", re.ASCII)


def _range(text: str) -> str:
    """A range as the API server and Go's parser accept it: host bits pass, a netmask or a zone does not."""
    if "/" not in text:
        length = 128 if ":" in text else 32
        raise refusal(
            "must be a range with its prefix length", f"write '{text}/{length}' for one address", id="CEK5019"
        )
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise refusal(
            "must be an IP range such as '10.0.0.0/8'", "correct the address or length", id="CEK5020"
        ) from None
    if not _LENGTH.fullmatch(text.partition("/")[2]):
        raise refusal(
            "must give its prefix length as a number", "write '10.0.0.0/8', not a netmask", id="CEK5021"
        )
    if "%" in text:
        raise refusal("must have no zone", "leave out '%' and what follows", id="CEK5022")
    return text


Range = Annotated[Text, AfterValidator(_range)]
"""An IP range in CIDR notation."""


Network = IPv4Network | IPv6Network


def is_within(part: Network, whole: Network) -> bool:
    """Whether every address of a range is in another range."""
    return part.version == whole.version and part.network_address in whole and part.broadcast_address in whole


def _group_name(text: str) -> str:
    if not is_subdomain(text):
        raise refusal(
            "must be the name of a CiliumCIDRGroup",
            "use at most 253 lower-case letters, digits, '-' and '.', with a letter or digit at both ends",
            id="CEK5023",
        )
    return text


class CidrRule(PolicyPart):
    """A range, or a CiliumCIDRGroup by name or labels, without the ranges in *except_*."""

    cidr: Range | None = None
    cidr_group_ref: Annotated[Text, AfterValidator(_group_name)] | None = None
    cidr_group_selector: LabelSelector | None = None
    except_: tuple[Range, ...] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [one for one in (self.cidr, self.cidr_group_ref, self.cidr_group_selector) if one is not None]
        if len(given) != 1:
            raise refusal(
                "must have exactly one of cidr, cidrGroupRef and cidrGroupSelector",
                "split it into several items, or add a cidr",
                id="CEK5024",
            )
        if self.cidr is not None:
            _refuse_strangers(self.cidr, self.except_ or ())
        return self


def _refuse_strangers(cidr: str, exceptions: tuple[str, ...]) -> None:
    whole = ip_network(cidr, strict=False)
    for text in exceptions:
        part = ip_network(text, strict=False)
        # Agents before 1.20 look at the first address alone, and leave nothing of the range
        # (`CIDRRule.Validate` in `pkg/policy/api/rule_validation.go`).
        if not is_within(part, whole):
            raise refusal(
                f"must have exceptions inside {cidr}, got {text}", "leave the exception out", id="CEK5025"
            )


class FqdnSelector(PolicyPart):
    """A DNS name, or a pattern of names in which ``*`` stands for any characters of one label."""

    match_name: Text | None = None
    match_pattern: Text | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.match_name is None) == (self.match_pattern is None):
            raise refusal(
                "must have exactly one of matchName and matchPattern",
                "write two items for both",
                id="CEK5026",
            )
        name, allowed = (
            (self.match_name, _NAME) if self.match_name is not None else (self.match_pattern, _PATTERN)
        )
        if name is None or len(name) > _LONGEST_NAME or not allowed.fullmatch(name):
            wildcard = "; '*' is for matchPattern" if name and "*" in name else ""
            raise refusal(
                f"must be a DNS name of at most {_LONGEST_NAME} characters, got {name!r}{wildcard}",
                id="CEK5027",
            )
        return self

    @property
    def text(self) -> str:
        """The name or the pattern."""
        return self.match_name or self.match_pattern or ""


class K8sService(PolicyPart):
    """A Service by name."""

    service_name: Text | None = None
    namespace: Text | None = None


class K8sServiceSelector(PolicyPart):
    """Services by their labels."""

    selector: LabelSelector
    namespace: Text | None = None


class Service(PolicyPart):
    """A Service, which stands for its endpoints."""

    k8s_service: K8sService | None = None
    k8s_service_selector: K8sServiceSelector | None = None


class AwsGroup(PolicyPart):
    """Addresses of EC2 instances, by security groups, tags and Region."""

    labels: dict[Text, Text] | None = None
    region: Text | None = None
    security_groups_ids: tuple[Text, ...] | None = None
    security_groups_names: tuple[Text, ...] | None = None


class Group(PolicyPart):
    """Addresses that a cloud provider knows."""

    aws: AwsGroup | None = None
