"""Options of agents that decide whether they take a policy, and what it does.

The defaults are Cilium's (``pkg/defaults/defaults.go``), and the chart's for what it sets.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.problems import Problem

from .model import Item, Policy, PortDenyRule, PortRule, Rule
from .model.ports import WITHOUT_PORTS
from .model.rules import spelled_field

MATCH_MODE: Final = "policy-cidr-match-mode"
"""The option for what ranges mean beside addresses outside the cluster."""

_TRUE: Final = ("1", "t", "true")


@dataclass(frozen=True)
class AgentOption:
    """An option that turns a part of the language on.

    Attributes:
        name: Its name among the agent's options.
        value: The chart's value for it; empty where only ``extraConfig`` sets it.
        default: Whether it is on by itself.
        source: The check in Cilium, or the document that says so.
    """

    name: str
    value: str
    default: bool
    source: str

    @property
    def setting(self) -> str:
        """How to turn it on, as a clause."""
        where = self.value or f"extraConfig.{self.name}"
        return f"set {where} to true in the chart's values"


_RULE_VALIDATION: Final = "pkg/policy/api/rule_validation.go of Cilium"

NODE_LABELS: Final = AgentOption(
    "enable-node-selector-labels",
    "nodeSelectorLabels",
    default=False,
    source=f"{_RULE_VALIDATION}, ErrFromToNodesRequiresNodeSelectorOption",
)
PROTOCOLS_WITHOUT_PORTS: Final = AgentOption(
    "enable-extended-ip-protocols",
    "",
    default=False,
    source=f"{_RULE_VALIDATION}, PortProtocol; Documentation/security/policy/host.rst: dropped otherwise",
)
HOST_FIREWALL: Final = AgentOption(
    "enable-host-firewall",
    "hostFirewall.enabled",
    default=False,
    source="https://docs.cilium.io/en/stable/security/host-firewall/",
)
L7_PROXY: Final = AgentOption(
    "enable-l7-proxy", "l7Proxy", default=True, source=f"{_RULE_VALIDATION}, EnableL7Proxy"
)
ICMP_RULES: Final = AgentOption(
    "enable-icmp-rules", "", default=True, source=f"{_RULE_VALIDATION}, EnableICMPRules"
)
OPTIONAL_DENIAL: Final = AgentOption(
    "enable-non-default-deny-policies",
    "enableNonDefaultDenyPolicies",
    default=True,
    source=f"{_RULE_VALIDATION}, Rule.Sanitize: otherwise enableDefaultDeny is taken for true",
)

MUTUAL_AUTHENTICATION: Final = AgentOption(
    "mesh-auth-mutual-enabled",
    "authentication.mutual.spire.enabled",
    default=False,
    source="https://docs.cilium.io/en/stable/network/servicemesh/mutual-authentication/; "
    "authentication.enabled in the chart's values.yaml: policies block what requires it all the same",
)

IPV6: Final = AgentOption(
    "enable-ipv6", "ipv6.enabled", default=False, source="ipv6.enabled in the chart's values.yaml"
)

OPTIONS: Final = (
    NODE_LABELS,
    PROTOCOLS_WITHOUT_PORTS,
    HOST_FIREWALL,
    L7_PROXY,
    ICMP_RULES,
    OPTIONAL_DENIAL,
    MUTUAL_AUTHENTICATION,
    IPV6,
)


@dataclass(frozen=True)
class AgentOptions:
    """Which options of the agents are on.

    Attributes:
        on: The names of the options that are on.
        ranges_mean: What ranges mean beside addresses outside the cluster (``policy-cidr-match-mode``).
    """

    on: frozenset[str]
    ranges_mean: frozenset[str] = frozenset()

    @classmethod
    def of_chart(cls, values: Mapping[str, Any]) -> AgentOptions:
        """The options that an installation with these values of the chart has.

        ``extraArgs`` win over ``extraConfig``, which is read after what the chart writes.
        """
        return cls(frozenset(each.name for each in OPTIONS if _is_on(each, values)), _ranges_mean(values))

    def has(self, option: AgentOption) -> bool:
        """Whether an option is on."""
        return option.name in self.on


def _is_on(option: AgentOption, values: Mapping[str, Any]) -> bool:
    on = option.default
    if option.value and (found := _at(values, option.value)) is not None:
        on = _true(found)
    extra = values.get("extraConfig")
    if isinstance(extra, Mapping) and option.name in extra:
        on = _true(extra[option.name])
    for text in values.get("extraArgs") or ():
        name, equals, value = str(text).lstrip("-").partition("=")
        if name == option.name:
            on = _true(value) if equals else True
    return on


def _ranges_mean(values: Mapping[str, Any]) -> frozenset[str]:
    """The words of ``policy-cidr-match-mode``; empty by default.

    ``PolicyCIDRMatchMode`` in Cilium's ``pkg/option/config.go`` takes words, commas or spaces between them.
    """
    given = _at(values, "policyCIDRMatchMode")
    extra = values.get("extraConfig")
    if isinstance(extra, Mapping) and MATCH_MODE in extra:
        given = extra[MATCH_MODE]
    for text in values.get("extraArgs") or ():
        name, _, value = str(text).lstrip("-").partition("=")
        given = value if name == MATCH_MODE else given
    texts = given if isinstance(given, list | tuple) else [given or ""]
    return frozenset(word for text in texts for word in str(text).replace(",", " ").split())


def _at(values: Mapping[str, Any], path: str) -> Any:
    found: Any = values
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _true(value: Any) -> bool:
    return str(value).lower() in _TRUE


@dataclass(frozen=True)
class OptionNeed:
    """A part of a policy that needs an option.

    Attributes:
        path: Its place in the policy: ``spec.ingress[0].fromNodes``.
        option: The option.
        otherwise: What happens without it, as a clause.
    """

    path: str
    option: AgentOption
    otherwise: str


_REFUSED: Final = "agents refuse the whole policy"


def needs(policy: Policy) -> Iterator[OptionNeed]:
    """What a policy needs of the agents, by place; the options that are on by default too."""
    for place, rule in policy.rules():
        if rule.node_selector is not None:
            yield OptionNeed(f"{place}.nodeSelector", HOST_FIREWALL, "the policy does nothing")
        if rule.enable_default_deny is not None and False in (
            rule.enable_default_deny.ingress,
            rule.enable_default_deny.egress,
        ):
            yield OptionNeed(f"{place}.enableDefaultDeny", OPTIONAL_DENIAL, "default deny is on all the same")
        for section, index, item in rule.items():
            yield from _item_needs(item, f"{place}.{spelled_field(Rule, section)}[{index}]")


def _item_needs(item: Item, place: str) -> Iterator[OptionNeed]:
    for name in ("from_nodes", "to_nodes"):
        if getattr(item, name, None):
            yield OptionNeed(f"{place}.{spelled_field(type(item), name)}", NODE_LABELS, _REFUSED)
    if item.icmps:
        yield OptionNeed(f"{place}.icmps", ICMP_RULES, _REFUSED)
    authentication = getattr(item, "authentication", None)
    if authentication is not None and authentication.mode == "required":
        yield OptionNeed(f"{place}.authentication", MUTUAL_AUTHENTICATION, "agents let nothing of it through")
    entries: tuple[PortRule | PortDenyRule, ...] = tuple(item.to_ports or ())
    for index, rule in enumerate(entries):
        here = f"{place}.toPorts[{index}]"
        for number, port in enumerate(rule.ports or ()):
            if port.protocol in WITHOUT_PORTS:
                # With port 0 agents take the policy, and the datapath drops the packets.
                otherwise = _REFUSED if port.port is None else "agents drop its packets"
                yield OptionNeed(f"{here}.ports[{number}].protocol", PROTOCOLS_WITHOUT_PORTS, otherwise)
        rules = getattr(rule, "rules", None)
        if rules is not None and rules.protocol is not None:
            yield OptionNeed(f"{here}.rules", L7_PROXY, _REFUSED)


def option_problems(policy: Policy, options: AgentOptions, where: str) -> Iterator[Problem]:
    """What a policy needs and the agents do not have; *where* is the place that errors name."""
    for need in needs(policy):
        if not options.has(need.option):
            yield Problem(
                f"{where}: {need.path}",
                f"needs the agents' option {need.option.name}, which is off, and {need.otherwise}",
                fix=f"{need.option.setting}, or leave it out",
                id="CEK5120",
            )
