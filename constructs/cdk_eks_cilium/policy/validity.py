"""What releases of Cilium accept: fields that came and went, and what their agents refuse.

The API server stores a policy that an agent then refuses: the policy exists and does nothing. So everything
that an agent refuses is refused here (`Rule.Sanitize` in Cilium's ``pkg/policy/api/rule_validation.go``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.behaviour import Behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .agent_options import AgentOptions, option_problems
from .availability import FIELDS, LITERALS, Availability
from .expressions import has_short_name
from .model import (
    EgressRule,
    IngressRule,
    Item,
    L7Rules,
    LabelSelector,
    Policy,
    PolicyPart,
    Requirement,
    Rule,
)
from .model.rules import spelled_field
from .server_names import is_prefixed

_PROXIED: Final = ("http", "kafka", "l7proto")
_SOURCE: Final = re.compile("[A-Za-z0-9]+")
_LONGEST_LABEL: Final = 63


class _Place:
    """A place in a policy, and the release that the policy is for.

    Its text is put together when it is asked for: nearly every place of a policy is without a problem.
    """

    __slots__ = ("_above", "_text", "version")

    def __init__(self, text: str, version: CiliumVersion | None, above: _Place | None = None) -> None:
        self._text = text
        self._above = above
        self.version = version

    @property
    def where(self) -> str:
        return self._text if self._above is None else f"{self._above.where}{self._text}"

    def at(self, name: str) -> _Place:
        return _Place(f".{name}", self.version, self)

    def number(self, index: int) -> _Place:
        return _Place(f"[{index}]", self.version, self)

    def problem(self, rule: str, fix: str = "", *, id: str = "") -> Problem:
        return Problem(self.where, rule, fix=fix, id=id)

    def has(self, known: Behaviour) -> bool:
        """Whether the policy is for one release, and that release has the behaviour."""
        return self.version is not None and known.holds(self.version)

    def needs(self, known: Behaviour, fix: str, what: str = "") -> Iterator[Problem]:
        """Refuse what releases before a behaviour do not accept, if the policy is for such a release."""
        if self.version is not None and not known.holds(self.version):
            yield self.problem(
                f"needs Cilium {known.since}{what}, and this is for {self.version}", fix, id="CEK5062"
            )


def problems_for(
    policy: Policy,
    version: CiliumVersion | None = None,
    where: str | None = None,
    options: AgentOptions | None = None,
) -> list[Problem]:
    """Say what Cilium would refuse in a policy whose fields are valid one by one.

    Args:
        policy: The policy.
        version: A release of Cilium. By default report only what every release refuses.
        where: The place that errors name. By default the policy's kind and name.
        options: The options of the agents. By default none is held against the policy.
    """
    base = where or f"{policy.kind_name} {policy.name}"
    found: list[Problem] = []
    for name, rule in policy.rules():
        place = _Place(f"{base}: {name}", version)
        found += (*_unavailable(rule, place), *_rule_problems(rule, place))
    return [*found, *(option_problems(policy, options, base) if options is not None else ())]


def _unavailable(part: PolicyPart, place: _Place) -> list[Problem]:
    """Fields and words that the release does not know, wherever they are."""
    found: list[Problem] = []
    if place.version is None:
        return found
    kind, values = type(part), part.__dict__
    for name in _fields(kind):
        value = values[name]
        if value is None or (value.__class__ is str and not _is_watched(kind, name)):
            continue
        here = place.at(spelled_field(kind, name))
        if isinstance(part, Requirement) and name == "key":
            found += _key_problems(value, here)
        elif isinstance(part, LabelSelector) and name == "match_labels":
            for key in value:
                found += _key_problems(key, here)
        if (known := FIELDS.get((kind.__name__, name))) is not None:
            found += _misfit(known, here)
        if isinstance(value, tuple):
            for index, each in enumerate(value):
                found += _unknown_below(each, name, here.number(index))
        else:
            found += _unknown_below(value, name, here)
    return found


def _unknown_below(value: Any, name: str, place: _Place) -> Iterable[Problem]:
    """What the release does not know of a value in a field."""
    if isinstance(value, PolicyPart):
        return _unavailable(value, place)
    known = LITERALS.get((name, value)) if isinstance(value, str) else None
    return _misfit(known, place) if known is not None else ()


def _key_problems(key: str, place: _Place) -> Iterator[Problem]:
    """Keys of labels that only some releases take, by their source and their length."""
    source, colon, name = key.rpartition(":")
    apart = behaviour.policy.LABEL_SOURCES_APART
    if place.has(apart):
        if colon and not _SOURCE.fullmatch(source):
            yield place.problem(
                f"must have a source of letters and digits before the ':', got {key!r}",
                "write 'k8s:app', or leave the source and the ':' out",
                id="CEK5128",
            )
    elif "/" not in name and len(source or "any") + 1 + len(name) > _LONGEST_LABEL:
        fix = "choose a shorter label"
        yield from place.needs(apart, fix, f" for a key of that length with its source, got {key!r}")


@cache
def _is_watched(part: type[PolicyPart], name: str) -> bool:
    """Whether some release does not know a field of text, or some text in it."""
    known = {field for _, field in FIELDS} | {field for field, _ in LITERALS}
    return name in known or (issubclass(part, Requirement) and name == "key")


@cache  # pydantic looks up the fields of a type slowly
def _fields(part: type[PolicyPart]) -> tuple[str, ...]:
    return tuple(part.model_fields)


def _misfit(known: Availability, place: _Place) -> Iterator[Problem]:
    if known.behaviour.until is None:
        yield from place.needs(known.behaviour, known.fix)
    elif place.version is not None and not known.behaviour.holds(place.version):
        gone = f"was removed in Cilium {known.behaviour.until}, and this is for {place.version}"
        yield place.problem(gone, known.fix, id="CEK5063")


def _rule_problems(rule: Rule, place: _Place) -> Iterator[Problem]:
    if place.has(behaviour.policy.RULES_NEED_AN_ITEM) and next(rule.items(), None) is None:
        yield place.problem(
            "must have an item in one of ingress, ingressDeny, egress and egressDeny",
            "write 'ingress: [{}]' or 'egress: [{}]' for a default deny",
            id="CEK5064",
        )
    for section, index, item in rule.items():
        here = place.at(f"{spelled_field(Rule, section)}[{index}]")
        yield from _item_problems(item, here)
        if rule.node_selector is not None:
            yield from _host_problems(section, item, here)


def _item_problems(item: Item, place: _Place) -> Iterator[Problem]:
    required = behaviour.policy.REQUIREMENTS
    fields = item.__dict__  # pydantic takes long to say that an object lacks a field
    for name in ("to_requires", "from_requires"):
        if fields.get(name) and place.version is not None and not required.holds(place.version):
            yield place.at(spelled_field(type(item), name)).problem(
                f"must be empty from Cilium {required.until} on",
                "require the labels in the endpoint selectors",
                id="CEK5065",
            )
    refuses_ports = place.has(behaviour.policy.SERVICES_REFUSE_PORTS)
    if fields.get("to_services") and item.to_ports and refuses_ports:
        yield place.problem(
            f"must not have toServices with toPorts, which Cilium {place.version} refuses",
            "leave toPorts out, or name the pods or kube-apiserver (toEntities) instead of the Service",
            id="CEK5066",
        )
    yield from _cidr_group_problems(item, place)
    for index, icmp in enumerate(item.icmps or ()):
        for number, field in enumerate(icmp.fields or ()):
            if isinstance(field.type, str):
                here = place.at(f"icmps[{index}].fields[{number}].type")
                named = behaviour.policy.ICMP_TYPES_BY_NAME
                yield from here.needs(named, f"write {field.number}", " as text")
    if isinstance(item, IngressRule | EgressRule):
        for index, rule in enumerate(item.to_ports or ()):
            yield from _port_rule_problems(rule, place.at(f"toPorts[{index}]"))


def _cidr_group_problems(item: Item, place: _Place) -> Iterator[Problem]:
    for name in ("from_cidr_set", "to_cidr_set"):
        for index, rule in enumerate(item.__dict__.get(name) or ()):
            here = place.at(f"{spelled_field(type(item), name)}[{index}]")
            if rule.cidr_group_ref is None:
                continue
            if name == "to_cidr_set":
                yield from here.needs(behaviour.policy.CIDR_GROUPS_IN_EGRESS, "list the ranges")
            if rule.except_:
                excepting = behaviour.policy.CIDR_GROUPS_WITH_EXCEPT
                yield from here.at("except").needs(excepting, "list the ranges", " beside cidrGroupRef")


def _port_rule_problems(rule: Any, place: _Place) -> Iterator[Problem]:
    active = _active(rule.rules)
    protocol_needed = place.has(behaviour.policy.L7_RULES_NEED_A_PROTOCOL)
    if rule.rules is not None and rule.rules.protocol is None and protocol_needed:
        yield place.at("rules").problem(
            "must be of one protocol", "add http or dns, or leave rules out", id="CEK5067"
        )
    ports = rule.ports or ()
    if active in _PROXIED:
        for port in ports:
            if (port.protocol or "ANY") != "TCP":
                yield place.problem(
                    f"must be TCP alone with {active} rules, got {port.protocol or 'ANY'}",
                    "add 'protocol: TCP'",
                    id="CEK5068",
                )
    if active == "dns":
        if not ports:
            yield place.problem("must name the port with dns rules", 'add port "53"', id="CEK5069")
        if any(port.end_port and port.end_port > int(port.port or 0) for port in ports):
            yield place.problem(
                "must have no port range with dns rules", "list the ports one by one", id="CEK5070"
            )
    if active and any(port.port == "0" for port in ports):
        yield place.problem(f"must not have port 0 with {active} rules", "name the ports", id="CEK5071")
    if rule.server_names and active and rule.terminating_tls is None:
        yield place.problem(
            f"must not have serverNames with {active} rules, unless a terminatingTLS lets Cilium look inside",
            "leave one of them out",
            id="CEK5072",
        )
    for index, name in enumerate(rule.server_names or ()):
        yield from _server_name_problems(name, place.at(f"serverNames[{index}]"))
    yield from _expression_problems(rule.rules, place.at("rules"))
    if rule.listener is not None and active:
        yield place.problem(
            f"must not have a listener with {active} rules", "leave one of them out", id="CEK5073"
        )


def _expression_problems(rules: L7Rules | None, place: _Place) -> Iterator[Problem]:
    short = behaviour.policy.SHORT_GROUP_NAMES
    for index, request in enumerate((rules.http if rules is not None else None) or ()):
        # Agents compile methods and paths, and leave hosts to Envoy, which takes the name.
        for field in ("method", "path"):
            text = getattr(request, field) or ""
            if has_short_name(text):
                here = place.at(f"http[{index}].{field}")
                yield from here.needs(short, "write '(?P<name>'", f" for the '(?<name>' in {text!r}")


def _server_name_problems(name: str, place: _Place) -> Iterator[Problem]:
    prefixed, anywhere = behaviour.policy.SERVER_NAME_PREFIXES, behaviour.policy.SERVER_NAME_PATTERNS
    known = prefixed if is_prefixed(name) else anywhere
    if "*" in name:
        yield from place.needs(known, "list the names one by one", f" for the '*' in {name!r}")


def _active(rules: L7Rules | None) -> str | None:
    """The protocol of some rules; None for an empty list, which makes no rule (`L7Rules.IsEmpty`)."""
    if rules is None or rules.protocol is None:
        return None
    listed = rules.l7 if rules.protocol == "l7proto" else getattr(rules, rules.protocol)
    return rules.protocol if listed else None


def _host_problems(section: str, item: Item, place: _Place) -> Iterator[Problem]:
    for index, rule in enumerate(item.to_ports or ()):
        active = _active(getattr(rule, "rules", None))
        here = place.at(f"toPorts[{index}]")
        if active in _PROXIED or (active and section == "ingress"):
            yield here.problem(
                f"must have no {active} rules in {section} of a policy for nodes",
                "leave rules out, or use dns in egress",
                id="CEK5074",
            )
        elif active == "dns":
            on_hosts = behaviour.policy.HOST_DNS_RULES
            yield from here.needs(on_hosts, "leave rules out", " for dns rules in a policy for nodes")
