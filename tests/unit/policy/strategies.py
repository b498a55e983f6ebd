"""Hypothesis strategies: any policy that a release of Cilium takes, with every field that it knows."""

from __future__ import annotations

from functools import cache
from typing import Any, get_args

from hypothesis import strategies as st

from cdk_eks_cilium.policy.availability import LITERALS
from cdk_eks_cilium.policy.model import (
    SECTIONS,
    Authentication,
    CiliumClusterwideNetworkPolicy,
    CiliumNetworkPolicy,
    EgressDenyRule,
    EgressRule,
    EnableDefaultDeny,
    EnvoyConfigReference,
    HeaderMatch,
    HttpRule,
    IcmpField,
    IcmpRule,
    IngressDenyRule,
    IngressRule,
    KafkaRule,
    L7Rules,
    Listener,
    Log,
    Metadata,
    Policy,
    PolicyLabel,
    PolicyPart,
    PortDenyRule,
    PortProtocol,
    PortRule,
    Protocol,
    Rule,
    SecretReference,
    TlsContext,
)
from cdk_eks_cilium.policy.model.ports import ICMP_TYPES
from cdk_eks_cilium.versions import CiliumVersion
from tests.unit.policy.peer_strategies import (
    fqdns,
    knows,
    names,
    part,
    peers,
    reaches,
    selectors,
    some,
    texts,
    values,
)

_expressions = st.sampled_from(["GET", "GET|HEAD", "/public/.*", r"/a\.b", "^/$", "[a-z]+", ""])
_plain_server_names = st.from_regex(r"[a-z]{1,9}\.example", fullmatch=True)
_server_names = st.from_regex(r"(\*\.)?[a-z]{1,9}\.example", fullmatch=True)


@st.composite
def ports(
    draw: st.DrawFn, version: CiliumVersion, protocols: tuple[str, ...], plain: bool = False
) -> PortProtocol:
    """A port; *plain* ones are a number that is not 0, without a range."""
    known = [one for one in protocols if reaches(LITERALS.get(("protocol", one)), version)]
    protocol = draw(st.sampled_from(known))
    if protocol not in ("TCP", "UDP", "SCTP", "ANY", ""):
        return PortProtocol(protocol=protocol, **draw(st.sampled_from([{}, {"port": "0"}])))
    given = {} if protocol == "" else {"protocol": protocol}
    if plain:
        return PortProtocol(port=str(draw(st.integers(1, 65535))), **given)
    if draw(st.booleans()):
        return PortProtocol(port=draw(st.from_regex(r"[a-z](-?[a-z0-9]){0,13}", fullmatch=True)), **given)
    first = draw(st.integers(0, 65535))
    if first and knows(version, "PortProtocol", "end_port") and draw(st.booleans()):
        return PortProtocol(port=str(first), end_port=draw(st.integers(first, 65535)), **given)
    return PortProtocol(port=str(first), **given)


@cache
def _contexts(version: CiliumVersion) -> st.SearchStrategy[dict[str, Any]]:
    context = part(
        TlsContext,
        version,
        ("secret",),
        secret=part(SecretReference, version, ("name",), name=names, namespace=names),
        trusted_ca=names,
        certificate=names,
        private_key=names,
    )
    return st.fixed_dictionaries({"terminating_tls": context}, optional={"originating_tls": context})


@cache
def _http(version: CiliumVersion) -> st.SearchStrategy[HttpRule]:
    matches = part(
        HeaderMatch,
        version,
        ("name",),
        name=names,
        value=texts,
        secret=part(SecretReference, version, ("name",), name=names, namespace=names),
        mismatch=st.sampled_from(["LOG", "ADD", "DELETE", "REPLACE"]),
    )
    return part(
        HttpRule,
        version,
        method=_expressions,
        path=_expressions,
        host=_expressions,
        headers=some(names, 0),
        header_matches=some(matches, 0),
    )


@cache
def _proxied(version: CiliumVersion) -> st.SearchStrategy[L7Rules]:
    """Rules of protocols over TCP."""
    found: st.SearchStrategy[L7Rules] = st.builds(L7Rules, http=some(_http(version)))
    if knows(version, "L7Rules", "kafka"):
        kafka = part(
            KafkaRule,
            version,
            role=st.sampled_from(["produce", "consume"]),
            api_version=st.sampled_from(["0", "1"]),
            client_id=names,
            topic=names,
        ) | st.builds(KafkaRule, api_key=st.sampled_from(["fetch", "produce"]))
        found |= st.builds(L7Rules, kafka=some(kafka))
        found |= part(
            L7Rules,
            version,
            ("l7proto",),
            l7proto=names,
            l7=some(st.dictionaries(names, texts, min_size=1, max_size=2)),
        )
    return found


def _kinds(version: CiliumVersion, egress: bool, node: bool) -> list[str]:
    """What may be looked at behind ports."""
    possible = {
        "ports": True,
        "names": knows(version, "PortRule", "server_names"),
        "listener": egress and knows(version, "PortRule", "listener"),
        "dns": egress and (not node or version.at_least("1.17")),
        "proxied": not node,
    }
    return [kind for kind, is_possible in possible.items() if is_possible]


@st.composite
def _port_rules(draw: st.DrawFn, version: CiliumVersion, egress: bool, node: bool) -> PortRule:
    kind = draw(st.sampled_from(_kinds(version, egress, node)))
    protocols: tuple[str, ...] = (*get_args(Protocol), "")
    if kind in ("proxied", "names"):
        protocols = ("TCP",)
    elif kind == "dns":
        protocols = ("TCP", "UDP", "ANY", "")
    given: dict[str, Any] = {
        "ports": draw(some(ports(version, protocols, plain=kind in ("proxied", "dns")), kind == "dns"))
    }
    if kind == "names":
        each = _server_names if version.at_least("1.18") else _plain_server_names
        given["server_names"] = tuple(draw(st.lists(each, min_size=1, max_size=3, unique=True)))
    elif kind == "listener":
        reference = part(
            EnvoyConfigReference,
            version,
            ("name",),
            name=names,
            kind=st.sampled_from(["CiliumEnvoyConfig", "CiliumClusterwideEnvoyConfig"]),
        )
        given["listener"] = draw(
            part(
                Listener,
                version,
                ("envoy_config", "name"),
                envoy_config=reference,
                name=names,
                priority=st.integers(1, 100),
            )
        )
    elif kind == "dns":
        given["rules"] = L7Rules(dns=draw(some(fqdns())))
    elif kind == "proxied":
        given["rules"] = draw(_proxied(version))
        if draw(st.booleans()):
            given.update(draw(_contexts(version)))
    return PortRule(**given)


@cache
def _icmps(version: CiliumVersion) -> st.SearchStrategy[IcmpRule]:
    fields = part(
        IcmpField,
        version,
        ("type",),
        type=st.integers(0, 255),
        family=st.sampled_from(["IPv4", "IPv6"]),
    )
    if version.at_least("1.16"):
        for family, types in ICMP_TYPES.items():
            fields |= st.builds(IcmpField, type=st.sampled_from(sorted(types)), family=st.just(family))
    return part(IcmpRule, version, fields=some(fields, 0))


@st.composite
def _items(draw: st.DrawFn, section: str, version: CiliumVersion, node: bool) -> PolicyPart:
    models: dict[str, type[PolicyPart]] = dict(
        zip(SECTIONS, (IngressRule, IngressDenyRule, EgressRule, EgressDenyRule), strict=True)
    )
    model = models[section]
    given = dict(draw(peers(model, version)))
    how = draw(st.sampled_from(["all", "ports", "icmps"]))
    gap = version.at_least("1.14") and not version.at_least("1.17")
    if how == "ports" and not (given.get("to_services") and gap):
        if section.endswith("_deny"):
            each: st.SearchStrategy[Any] = part(
                PortDenyRule,
                version,
                ports=some(ports(version, (*get_args(Protocol), "")), 0),
            )
        else:
            each = _port_rules(version, section == "egress", node)
        given["to_ports"] = draw(some(each, 0))
    elif how == "icmps":
        given["icmps"] = draw(some(_icmps(version), 0))
    if knows(version, model.__name__, "authentication") and "authentication" in model.model_fields:
        modes = st.sampled_from(["disabled", "required", "test-always-fail"])
        if draw(st.booleans()):
            given["authentication"] = Authentication(mode=draw(modes))
    return model(**given)


@st.composite
def rules(draw: st.DrawFn, version: CiliumVersion, node: bool = False) -> Rule:
    """A rule for pods, or for a node."""
    section = draw(st.sampled_from(SECTIONS))
    required = (section, "node_selector" if node else "endpoint_selector")
    listed = {name: some(_items(name, version, node), name == section) for name in SECTIONS}
    return draw(
        part(
            Rule,
            version,
            required,
            **{required[1]: selectors()},
            **listed,
            description=texts,
            enable_default_deny=part(EnableDefaultDeny, version, ingress=st.booleans(), egress=st.booleans()),
            labels=some(part(PolicyLabel, version, ("key",), key=names, value=texts, source=names), 0),
            log=part(Log, version, value=texts),
        )
    )


@st.composite
def policies(draw: st.DrawFn, version: CiliumVersion) -> Policy:
    """Any policy that *version* takes, of either kind."""
    clusterwide = draw(st.booleans())
    each = rules(version) | rules(version, node=True) if clusterwide else rules(version)
    fields: dict[str, st.SearchStrategy[Any]] = {
        "name": names,
        "labels": st.dictionaries(names, values, max_size=2),
        "uid": names,
    }
    fields |= {"annotations": st.dictionaries(names, texts, max_size=2), "generation": st.integers(1, 9)}
    if not clusterwide:
        fields["namespace"] = names
    given = draw(
        st.fixed_dictionaries({"spec": each})
        | st.fixed_dictionaries({"specs": some(each)})
        | st.fixed_dictionaries({"spec": each, "specs": some(each)})
    )
    model = CiliumClusterwideNetworkPolicy if clusterwide else CiliumNetworkPolicy
    return model(metadata=draw(part(Metadata, version, ("name",), **fields)), **given)
