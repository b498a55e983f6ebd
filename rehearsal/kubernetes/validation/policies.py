"""Network policies of Kubernetes, and budgets for disruptions.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/networking/validation/validation.go,
https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/policy/validation/validation.go.
"""

# belief: K8S-policies

from __future__ import annotations

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import addresses, formats
from rehearsal.kubernetes.validation.fields import (
    Errors,
    each,
    forbidden,
    invalid,
    one_of,
    required,
    unsupported,
)
from rehearsal.kubernetes.validation.release import Release
from rehearsal.kubernetes.validation.selectors import label_selector
from rehearsal.kubernetes.validation.values import has, indexed, mapping, number, strings, text
from rehearsal.kubernetes.validation.workloads import at_most_all, int_or_percent

_PROTOCOLS = ("TCP", "UDP", "SCTP")


def network_policy(body: Object, old: Object | None, release: Release) -> Errors:
    """A NetworkPolicy; blocks that it had before stay valid."""
    spec, known = mapping(body, "spec"), set(_blocks(old or {}))
    yield from label_selector(spec.get("podSelector") or {}, "spec.podSelector")
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for where, rule in indexed(spec, direction, "spec"):
            for path, port in indexed(rule, "ports", where):
                yield from _port(port, path)
            for path, peer in indexed(rule, peers, where):
                yield from _peer(peer, path, known, release)
    types = strings(spec, "policyTypes")
    if len(types) > 2:
        yield invalid("spec.policyTypes", types, "may not specify more than two policyTypes")
    for index, kind in enumerate(types):
        yield from one_of(f"spec.policyTypes[{index}]", kind, ("Ingress", "Egress"))


def _blocks(body: Object) -> list[str]:
    found: list[str] = []
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for _, rule in indexed(mapping(body, "spec"), direction, ""):
            for _, peer in indexed(rule, peers, ""):
                block = mapping(peer, "ipBlock")
                found += [text(block, "cidr"), *strings(block, "except")]
    return found


def _port(port: Object, path: str) -> Errors:
    if has(port, "protocol"):
        yield from one_of(f"{path}.protocol", text(port, "protocol"), _PROTOCOLS)
    value, end = port.get("port"), number(port, "endPort")
    if value is None:
        if end is not None:
            yield invalid(f"{path}.endPort", end, "may not be specified when `port` is not specified")
    elif isinstance(value, int):
        yield from each(f"{path}.port", value, formats.port_number(value))
        if end is not None:
            if end < value:
                yield invalid(f"{path}.endPort", value, "must be greater than or equal to `port`")
            yield from each(f"{path}.endPort", end, formats.port_number(end))
    else:
        if end is not None:
            yield invalid(f"{path}.endPort", end, "may not be specified when `port` is non-numeric")
        yield from each(f"{path}.port", value, formats.port(value))


def _peer(peer: Object, path: str, known: set[str], release: Release) -> Errors:
    for field in ("podSelector", "namespaceSelector"):
        yield from label_selector(peer.get(field), f"{path}.{field}")
    given = [field for field in ("podSelector", "namespaceSelector", "ipBlock") if has(peer, field)]
    if "ipBlock" in given:
        yield from _block(mapping(peer, "ipBlock"), f"{path}.ipBlock", known, release)
    if not given:
        yield required(path, "must specify a peer")
    elif len(given) > 1 and "ipBlock" in given:
        yield forbidden(path, "may not specify both ipBlock and another peer")


def _block(block: Object, path: str, known: set[str], release: Release) -> Errors:
    cidr = text(block, "cidr")
    if not cidr:
        yield required(f"{path}.cidr")
        return
    if cidr not in known:
        yield from each(f"{path}.cidr", cidr, addresses.cidr_problems(cidr, release.minor))
    whole = addresses.network(cidr)
    if whole is None:
        return
    for index, part in enumerate(strings(block, "except")):
        where = f"{path}.except[{index}]"
        if part not in known:
            yield from each(where, part, addresses.cidr_problems(part, release.minor))
        inside = addresses.network(part)
        if inside is None:
            continue
        same = inside.version == whole.version
        if not same or inside.network_address not in whole or whole.prefixlen >= inside.prefixlen:
            yield invalid(where, part, "must be a strict subset of `cidr`")


def disruption_budget(body: Object) -> Errors:
    """A PodDisruptionBudget."""
    spec = mapping(body, "spec")
    if has(spec, "minAvailable") and has(spec, "maxUnavailable"):
        shown = {
            "MinAvailable": spec["minAvailable"],
            "Selector": spec.get("selector"),
            "MaxUnavailable": spec["maxUnavailable"],
            "UnhealthyPodEvictionPolicy": spec.get("unhealthyPodEvictionPolicy"),
        }
        yield invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set")
    for field in ("minAvailable", "maxUnavailable"):
        if has(spec, field):
            yield from int_or_percent(spec[field], f"spec.{field}")
            yield from at_most_all(spec[field], f"spec.{field}")
    yield from label_selector(spec.get("selector"), "spec.selector")
    policy = text(spec, "unhealthyPodEvictionPolicy")
    if policy and policy not in ("AlwaysAllow", "IfHealthyBudget"):
        where = "spec.unhealthyPodEvictionPolicy"
        yield unsupported(where, policy, ("AlwaysAllow", "IfHealthyBudget"))
