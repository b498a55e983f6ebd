"""Hypothesis strategies of what policies speak of: labels, addresses, names, Services."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Network, IPv6Network
from typing import Any, TypeVar

from hypothesis import strategies as st

from cdk_eks_cilium.policy.availability import FIELDS, Availability
from cdk_eks_cilium.policy.model import (
    AwsGroup,
    CidrRule,
    FqdnSelector,
    Group,
    K8sService,
    K8sServiceSelector,
    LabelSelector,
    PolicyPart,
    Requirement,
    Service,
)
from cdk_eks_cilium.versions import CiliumVersion

P = TypeVar("P", bound=PolicyPart)

names = st.from_regex(r"[a-z]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["C"]), max_size=30)
values = st.from_regex(r"(([A-Za-z0-9][-A-Za-z0-9_.]{0,20})?[A-Za-z0-9])?", fullmatch=True)
_keys = st.from_regex(
    r"((k8s|any|reserved):)?([a-z]{1,8}\.[a-z]{1,4}/)?[A-Za-z][A-Za-z0-9]{0,9}", fullmatch=True
)
_fqdns = st.from_regex(r"([a-z0-9_][-a-z0-9_]{0,9}\.){1,3}[a-z]{2,4}\.?", fullmatch=True)
_patterns = st.from_regex(r"(\*|\*\*\.|[a-z*]{1,5}\.)[a-z0-9]{1,9}\.[a-z]{2,4}", fullmatch=True)


def some(each: st.SearchStrategy[Any], least: int = 1) -> st.SearchStrategy[tuple[Any, ...]]:
    """A few of something."""
    return st.lists(each, min_size=least, max_size=3).map(tuple)


def part(
    model: type[P], version: CiliumVersion, required: tuple[str, ...] = (), **fields: st.SearchStrategy[Any]
) -> st.SearchStrategy[P]:
    """A part with the *required* fields, and with any of the others that *version* knows."""
    known = {name: field for name, field in fields.items() if knows(version, model.__name__, name)}
    given = {name: known.pop(name) for name in required}
    return st.fixed_dictionaries(given, optional=known).map(lambda chosen: model(**chosen))


def knows(version: CiliumVersion, model: str, field: str) -> bool:
    """Whether *version* has a field."""
    return reaches(FIELDS.get((model, field)), version)


def reaches(known: Availability | None, version: CiliumVersion) -> bool:
    return known is None or known.behaviour.holds(version)


@st.composite
def ranges(draw: st.DrawFn, longest: int = 32) -> str:
    """A range of IPv4 or IPv6, perhaps with host bits."""
    address = draw(st.ip_addresses(v=4) | st.ip_addresses(v=6))
    return f"{address}/{draw(st.integers(0, min(longest, address.max_prefixlen)))}"


@st.composite
def _holed_ranges(draw: st.DrawFn) -> CidrRule:
    whole = draw(ranges(longest=24))
    kind = IPv6Network if ":" in whole else IPv4Network
    network = kind(whole, strict=False)
    first, last = int(network.network_address), int(network.broadcast_address)
    inside = [type(network.network_address)(draw(st.integers(first, last))) for _ in range(2)]
    return CidrRule(cidr=whole, except_=tuple(f"{one}/{network.prefixlen + 8}" for one in inside))


@cache
def selectors() -> st.SearchStrategy[LabelSelector]:
    """Selectors of labels."""
    listed = st.builds(Requirement, key=_keys, operator=st.sampled_from(["In", "NotIn"]), values=some(values))
    bare = st.builds(Requirement, key=_keys, operator=st.sampled_from(["Exists", "DoesNotExist"]))
    return part(
        LabelSelector,
        CiliumVersion.DEFAULT,
        match_labels=st.dictionaries(_keys, values, max_size=3),
        match_expressions=some(listed | bare, 0),
    )


@cache
def _cidr_rules(version: CiliumVersion, egress: bool) -> st.SearchStrategy[CidrRule]:
    found: st.SearchStrategy[CidrRule] = st.builds(CidrRule, cidr=ranges()) | _holed_ranges()
    if knows(version, "CidrRule", "cidr_group_ref") and (not egress or version.at_least("1.16")):
        found |= st.builds(CidrRule, cidr_group_ref=names)
    if knows(version, "CidrRule", "cidr_group_selector"):
        found |= st.builds(CidrRule, cidr_group_selector=selectors())
        found |= st.builds(CidrRule, cidr_group_ref=names, except_=some(ranges()))
    return found


@cache
def fqdns() -> st.SearchStrategy[FqdnSelector]:
    """Names and patterns of names."""
    return st.builds(FqdnSelector, match_name=_fqdns) | st.builds(FqdnSelector, match_pattern=_patterns)


@cache
def _services(version: CiliumVersion) -> st.SearchStrategy[Service]:
    by_name = part(K8sService, version, service_name=names, namespace=names)
    chosen = part(K8sServiceSelector, version, ("selector",), selector=selectors(), namespace=names)
    return st.builds(Service, k8s_service=by_name) | st.builds(Service, k8s_service_selector=chosen)


@cache
def peers(model: type[PolicyPart], version: CiliumVersion) -> st.SearchStrategy[dict[str, Any]]:
    """One kind of peer, or none."""
    entities = ["all", "world", "cluster", "host", "init", "ingress", "unmanaged", "remote-node", "health"]
    kinds = {
        "endpoints": selectors(),
        "entities": st.sampled_from([*entities, "none", "kube-apiserver"]),
        "cidr": ranges(),
        "cidr_set": _cidr_rules(version, "to_cidr_set" in model.model_fields),
        "services": _services(version),
        "nodes": selectors(),
        "groups": st.builds(
            Group,
            aws=part(
                AwsGroup,
                version,
                labels=st.dictionaries(names, texts, max_size=2),
                region=names,
                security_groups_ids=some(names),
                security_groups_names=some(names),
            ),
        ),
        "fqdns": fqdns(),
        "requires": selectors(),
    }
    chosen: list[st.SearchStrategy[dict[str, Any]]] = [st.just({})]
    for kind, each in kinds.items():
        for field in (f"from_{kind}", f"to_{kind}"):
            if field not in model.model_fields or not knows(version, model.__name__, field):
                continue
            filled = kind != "requires" or not version.at_least("1.19")
            lists = some(each, 0) if filled else st.just(())
            chosen.append(st.fixed_dictionaries({field: lists}))
    return st.one_of(chosen)
