"""What releases of Cilium take: fields that came and went, and what their agents refuse.

The API server stores a policy that an agent then refuses: it is there and does nothing. So everything an
agent refuses is refused here (`Rule.Sanitize` in Cilium's ``pkg/policy/api/rule_validation.go``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .availability import FIELDS, LITERALS, Availability
from .model import EgressRule, IngressRule, Item, L7Rules, Part, Policy, Rule
from .model.rules import spelled_field

_PROXIED: Final = ("http", "kafka", "l7proto")
_PREFIXED: Final = re.compile(r"\*?\*\.[^*]+")


@dataclass(frozen=True)
class _Place:
    """Somewhere in a policy, and the release that the policy is for."""

    where: str
    version: CiliumVersion | None

    def at(self, name: str) -> _Place:
        return _Place(f"{self.where}.{name}", self.version)

    def problem(self, rule: str, fix: str = "", *, id: str = "") -> Problem:
        return Problem(self.where, rule, fix=fix, id=id)


def problems_for(
    policy: Policy, version: CiliumVersion | None = None, where: str | None = None
) -> list[Problem]:
    """Say what Cilium would refuse of a policy whose fields are right one by one.

    Args:
        policy: The policy.
        version: A release of Cilium. By default only what every release refuses is said.
        where: What to blame. By default the policy's kind and name.
    """
    base = where or f"{policy.kind_name} {policy.name}"
    return list(_problems(policy, _Place(base, version), base))


def item_problems(item: Item, where: str, version: CiliumVersion | None = None) -> list[Problem]:
    """Say what Cilium would refuse of one item whose fields are right one by one.

    Args:
        item: The item.
        where: What to blame.
        version: A release of Cilium. By default only what every release refuses is said.
    """
    place = _Place(where, version)
    return [*_unavailable(item, place), *_item_problems(item, place)]


def _problems(policy: Policy, base: _Place, where: str) -> Iterator[Problem]:
    for name, rule in policy.rules():
        place = _Place(f"{where}: {name}", base.version)
        yield from _unavailable(rule, place)
        yield from _rule_problems(rule, place)


def _unavailable(part: Part, place: _Place) -> Iterator[Problem]:
    """Fields and words that the release does not know, wherever they are."""
    if place.version is None:
        return
    for name in type(part).model_fields:
        value = getattr(part, name)
        if value is None:
            continue
        here = place.at(spelled_field(type(part), name))
        yield from _misfit(FIELDS.get((type(part).__name__, name)), here)
        for below, at in _parts(value, here):
            if isinstance(below, Part):
                yield from _unavailable(below, at)
            elif isinstance(below, str):
                yield from _misfit(LITERALS.get((name, below)), at)


def _parts(value: Any, place: _Place) -> Iterator[tuple[Any, _Place]]:
    if isinstance(value, tuple):
        for index, each in enumerate(value):
            yield each, _Place(f"{place.where}[{index}]", place.version)
    else:
        yield value, place


def _misfit(known: Availability | None, place: _Place) -> Iterator[Problem]:
    version = place.version
    if known is None or version is None:
        return
    if known.since is not None and not version.at_least(known.since):
        yield place.problem(f"needs Cilium {known.since}, and this is for {version}", known.fix)
    if known.until is not None and version.at_least(known.until):
        yield place.problem(f"is gone from Cilium {known.until} on, and this is for {version}", known.fix)


def _rule_problems(rule: Rule, place: _Place) -> Iterator[Problem]:
    # https://github.com/cilium/cilium/pull/35904
    if _at_least(place, "1.17") and next(rule.items(), None) is None:
        yield place.problem(
            "must have an item in one of ingress, ingressDeny, egress and egressDeny",
            "write 'ingress: [{}]' or 'egress: [{}]' for a default deny",
        )
    for section, index, item in rule.items():
        here = place.at(f"{spelled_field(Rule, section)}[{index}]")
        yield from _item_problems(item, here)
        if rule.node_selector is not None:
            yield from _host_problems(section, item, here)


def _item_problems(item: Item, place: _Place) -> Iterator[Problem]:
    version = place.version
    for name in ("to_requires", "from_requires"):
        if getattr(item, name, None) and _at_least(place, "1.19"):
            yield place.at(spelled_field(type(item), name)).problem(
                "must be empty from Cilium 1.19 on", "require the labels in the endpoint selectors"
            )
    # https://github.com/cilium/cilium/issues/20067
    if getattr(item, "to_services", None) and item.to_ports and _lacks_service_ports(version):
        yield place.problem(
            f"must not have toServices with toPorts, which Cilium {version} refuses",
            "leave toPorts out, or name the pods or kube-apiserver (toEntities) instead of the Service",
        )
    yield from _cidr_group_problems(item, place)
    for index, icmp in enumerate(item.icmps or ()):
        for number, field in enumerate(icmp.fields or ()):
            # https://github.com/cilium/cilium/pull/31900: numbers alone before.
            if isinstance(field.type, str) and _before(place, "1.16"):
                yield place.at(f"icmps[{index}].fields[{number}].type").problem(
                    f"needs Cilium 1.16 as text, and this is for {version}", f"write {field.number}"
                )
    if isinstance(item, IngressRule | EgressRule):
        for index, rule in enumerate(item.to_ports or ()):
            yield from _port_rule_problems(rule, place.at(f"toPorts[{index}]"))


def _cidr_group_problems(item: Item, place: _Place) -> Iterator[Problem]:
    for name in ("from_cidr_set", "to_cidr_set"):
        for index, rule in enumerate(getattr(item, name, None) or ()):
            here = place.at(f"{spelled_field(type(item), name)}[{index}]")
            if rule.cidr_group_ref is None:
                continue
            # https://github.com/cilium/cilium/pull/30624
            if name == "to_cidr_set" and _before(place, "1.16"):
                yield here.problem(f"needs Cilium 1.16, and this is for {place.version}", "list the ranges")
            # https://github.com/cilium/cilium/pull/36561
            if rule.except_ and _before(place, "1.17"):
                yield here.at("except").problem(
                    f"needs Cilium 1.17 beside cidrGroupRef, and this is for {place.version}",
                    "list the ranges",
                )


def _lacks_service_ports(version: CiliumVersion | None) -> bool:
    return version is not None and version.at_least("1.14") and not version.at_least("1.17")


def _port_rule_problems(rule: Any, place: _Place) -> Iterator[Problem]:
    active = _active(rule.rules)
    # The CRD says so: https://github.com/cilium/cilium/pull/32814.
    if rule.rules is not None and rule.rules.protocol is None and _at_least(place, "1.16"):
        yield place.at("rules").problem("must be of one protocol", "add http or dns, or leave rules out")
    ports = rule.ports or ()
    if active in _PROXIED:
        for port in ports:
            if (port.protocol or "ANY") != "TCP":
                yield place.problem(
                    f"must be TCP alone with {active} rules, got {port.protocol or 'ANY'}",
                    "add 'protocol: TCP'",
                )
    if active == "dns":
        if not ports:
            yield place.problem("must name the port with dns rules", 'add port "53"')
        if any(port.end_port and port.end_port > int(port.port or 0) for port in ports):
            yield place.problem("must have no port range with dns rules", "list the ports one by one")
    if active and any(port.port == "0" for port in ports):
        yield place.problem(f"must not have port 0 with {active} rules", "name the ports")
    if rule.server_names and active and rule.terminating_tls is None:
        yield place.problem(
            f"must not have serverNames with {active} rules, unless a terminatingTLS lets Cilium look inside",
            "leave one of them out",
        )
    for index, name in enumerate(rule.server_names or ()):
        yield from _server_name_problems(name, place.at(f"serverNames[{index}]"))
    if rule.listener is not None and active:
        yield place.problem(f"must not have a listener with {active} rules", "leave one of them out")


def _server_name_problems(name: str, place: _Place) -> Iterator[Problem]:
    # https://github.com/cilium/cilium/pull/38615 and https://github.com/cilium/cilium/pull/43674
    minor = "1.18" if _PREFIXED.fullmatch(name) else "1.20"
    if "*" in name and _before(place, minor):
        yield place.problem(
            f"needs Cilium {minor} for the '*' in {name!r}, and this is for {place.version}",
            "list the names one by one",
        )


def _active(rules: L7Rules | None) -> str | None:
    """The protocol of some rules; a list without anything in it makes none (`L7Rules.IsEmpty`)."""
    if rules is None or rules.protocol is None:
        return None
    listed = rules.l7 if rules.protocol == "l7proto" else getattr(rules, rules.protocol)
    return rules.protocol if listed else None


def _at_least(place: _Place, minor: str) -> bool:
    return place.version is not None and place.version.at_least(minor)


def _before(place: _Place, minor: str) -> bool:
    return place.version is not None and not place.version.at_least(minor)


def _host_problems(section: str, item: Item, place: _Place) -> Iterator[Problem]:
    for index, rule in enumerate(item.to_ports or ()):
        active = _active(getattr(rule, "rules", None))
        here = place.at(f"toPorts[{index}]")
        if active in _PROXIED or (active and section == "ingress"):
            yield here.problem(
                f"must have no {active} rules in {section} of a policy for nodes",
                "leave rules out, or use dns in egress",
            )
        # https://github.com/cilium/cilium/pull/34024, merged after 1.16.0.
        elif active == "dns" and _before(place, "1.17"):
            yield here.problem(
                f"needs Cilium 1.17 for dns rules in a policy for nodes, and this is for {place.version}",
                "leave rules out",
            )
