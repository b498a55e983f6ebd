"""What a policy holds while it is being written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from cdk_eks_cilium.policy.model import (
    SECTIONS,
    Authentication,
    CiliumClusterwideNetworkPolicy,
    CiliumNetworkPolicy,
    EgressDenyRule,
    EgressRule,
    EnableDefaultDeny,
    HttpRule,
    IcmpRule,
    IngressDenyRule,
    IngressRule,
    Item,
    LabelSelector,
    Metadata,
    Policy,
    PortDenyRule,
    PortRule,
    Rule,
)
from cdk_eks_cilium.policy.model.ports import MAX_ITEMS
from cdk_eks_cilium.policy.validity import item_problems, problems_for
from cdk_eks_cilium.problems import refuse
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .made import made, refused
from .peer import Peer
from .port import Http, Icmp, Port

Direction: TypeAlias = Literal["ingress", "egress"]

_ITEMS: Final[dict[str, type[Item]]] = {
    "ingress": IngressRule,
    "ingress_deny": IngressDenyRule,
    "egress": EgressRule,
    "egress_deny": EgressDenyRule,
}
_FOR_RULES: Final = "name the ports: Port.tcp(80)"


@dataclass(frozen=True)
class Looks:
    """What a proxy looks at behind the ports.

    Attributes:
        http: Requests that may pass.
        rules: Rules of another protocol, under the names of `L7Rules`.
        server_names: Names that TLS clients may ask for.
    """

    http: Sequence[Http | HttpRule] = ()
    rules: Mapping[str, Any] = field(default_factory=dict)
    server_names: Sequence[str] = ()

    def fields(self) -> dict[str, Any]:
        """The fields of a rule of ports."""
        http = tuple(one.rule if isinstance(one, Http) else one for one in self.http)
        rules = {**self.rules, **({"http": http} if http else {})}
        return {"rules": rules or None, "server_names": tuple(self.server_names) or None}


NOTHING: Final = Looks()


@dataclass
class Draft:
    """What a policy says so far; what `PolicyVerbs` add to.

    Attributes:
        metadata: Name, namespace and labels.
        selector: Whom it is for.
        nodes: Whether that is nodes. By default it is pods.
        clusterwide: Whether it is for every namespace.
        description: Text for people.
        items: What it says, by section.
        default_deny: Directions in which it denies what nothing allows, even if it says nothing of them.
        default_allow: Directions in which it leaves alone what no rule speaks of.
    """

    metadata: Metadata
    selector: LabelSelector
    nodes: bool = False
    clusterwide: bool = False
    description: str | None = None
    items: dict[str, list[Item]] = field(default_factory=lambda: {section: [] for section in SECTIONS})
    default_deny: set[str] = field(default_factory=set)
    default_allow: set[str] = field(default_factory=set)

    @property
    def where(self) -> str:
        """What to blame."""
        kind = "ClusterwideNetworkPolicy" if self.clusterwide else "NetworkPolicy"
        return f"{kind} {self.metadata.name}"

    def add(
        self,
        verb: str,
        section: str,
        peer: Peer,
        ports: Sequence[Port | Icmp],
        looks: Looks = NOTHING,
        authenticated: bool = False,
    ) -> None:
        """Add what a verb says as one item.

        Raises:
            InputError: For what Cilium has no such item for.
        """
        where = f"{self.where}: {verb}"
        made_ports, icmps = _ports(section, ports, looks, where)
        item = made(
            _ITEMS[section],
            where,
            **peer.fields(section, where),
            to_ports=made_ports,
            icmps=icmps,
            authentication=Authentication(mode="required") if authenticated else None,
        )
        refuse(item_problems(item, where))
        self.items[section].append(item)

    def set_default(self, verb: str, direction: Direction, *, deny: bool) -> None:
        """Say what becomes of traffic that no rule speaks of.

        Raises:
            InputError: If the opposite was said before.
        """
        chosen, other = (
            (self.default_deny, self.default_allow) if deny else (self.default_allow, self.default_deny)
        )
        if direction in other:
            raise refused(
                f"{self.where}: {verb}",
                f"must not contradict {'without_default_deny' if deny else 'default_deny'} for {direction}",
                "keep one of them",
            )
        chosen.add(direction)

    def policy(self, version: CiliumVersion | None = None) -> Policy:
        """The policy.

        Args:
            version: The release of Cilium that it is for. By default only what none takes is refused.

        Raises:
            InputError: For everything that Cilium would refuse, or if it says nothing.
        """
        rule = made(
            Rule,
            self.where,
            **{"node_selector" if self.nodes else "endpoint_selector": self.selector},
            description=self.description,
            **self._sections(),
            enable_default_deny=EnableDefaultDeny(**dict.fromkeys(sorted(self.default_allow), False))
            if self.default_allow
            else None,
        )
        policy: Policy
        if self.clusterwide:
            policy = made(CiliumClusterwideNetworkPolicy, self.where, metadata=self.metadata, spec=rule)
        else:
            policy = made(CiliumNetworkPolicy, self.where, metadata=self.metadata, spec=rule)
        refuse(problems_for(policy, version, self.where))
        return policy

    def _sections(self) -> dict[str, tuple[Item, ...]]:
        sections = {section: tuple(items) for section, items in self.items.items() if items}
        for direction in sorted(self.default_deny):
            if direction not in sections and f"{direction}_deny" not in sections:
                # One item that allows nothing: a list without any would not select at all.
                sections[direction] = (_ITEMS[direction](),)
        if not sections:
            raise refused(self.where, "must say something", "allow or deny something, or call default_deny()")
        return sections


def _ports(
    section: str, given: Sequence[Port | Icmp], looks: Looks, where: str
) -> tuple[tuple[PortRule | PortDenyRule, ...] | None, tuple[IcmpRule, ...] | None]:
    ports = tuple(one.port for one in given if isinstance(one, Port))
    types = tuple(one.icmp for one in given if isinstance(one, Icmp))
    extra = {name: value for name, value in looks.fields().items() if value is not None}
    if ports and types:
        raise refused(where, "must have ports or types of ICMP, got both", "call it once for each")
    if extra and not ports:
        what = "server names" if "server_names" in extra else "requests"
        raise refused(where, f"must have ports, since it looks at {what}", _FOR_RULES)
    model: type[PortRule] | type[PortDenyRule] = PortDenyRule if section.endswith("_deny") else PortRule
    rules: tuple[Any, ...] = tuple(made(model, where, ports=some, **extra) for some in _chunks(ports))
    return rules or None, tuple(made(IcmpRule, where, fields=some) for some in _chunks(types)) or None


def _chunks(values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Lists as long as Cilium takes them; several say together what a longer one would."""
    return [values[start : start + MAX_ITEMS] for start in range(0, len(values), MAX_ITEMS)]
