"""A packet on its way: what it passes, what it rests on, and where it stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rehearsal.reachability.filters import FarSide, acl_stop, groups_admit
from rehearsal.reachability.network import Interface, Network, Outside, Route, Subnet
from rehearsal.reachability.routing import route_to
from rehearsal.reachability.traffic import Traffic

# AWS's own words for why a path ends, where it has one:
# https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html
NO_ROUTE: Final = "NO_ROUTE_TO_DESTINATION"
MISSING_TARGET: Final = "BAD_STATE_ROUTE"
NOT_ATTACHED: Final = "BAD_STATE_ATTACHMENT"
GROUP: Final = "ENI_SG_RULES_MISMATCH"
ACL: Final = "SUBNET_ACL_RESTRICTION"
NOT_ON_THE_INTERNET: Final = "IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"


@dataclass(frozen=True)
class Seen:
    """The address that the other side sees.

    Attributes:
        kind: Whose it is, such as ``their own addresses``.
        where: The range or the gateway that it belongs to; empty if that is not known.
    """

    kind: str
    where: str = ""


@dataclass(frozen=True)
class Answer:
    """Whether one side reaches the other.

    Attributes:
        reached: Whether it does.
        seen: The address that the destination sees; None where it is not reached.
        code: Of what stops it, by AWS's explanation codes where one fits.
        stopped_at: The resource that stops it.
        rule: The rule that stops it.
        hops: What the packet passes, in order, the answer's way included.
        assumes: What must hold beside the templates, because they do not describe it.
    """

    reached: bool
    seen: Seen | None = None
    code: str = ""
    stopped_at: str = ""
    rule: str = ""
    hops: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()

    @property
    def stop(self) -> str:
        """Where it stops and why, on one line; empty if it is reached."""
        return "" if self.reached else f"{self.stopped_at}: {self.rule}"


class UnreachableError(Exception):
    """A packet ends here.

    Args:
        code: By AWS's explanation codes where one fits.
        where: The resource, by name.
        rule: The rule, in words.
    """

    def __init__(self, code: str, where: str, rule: str) -> None:
        super().__init__(f"{where}: {rule}")
        self.code = code
        self.where = where
        self.rule = rule


class Walk:
    """One packet and its answer in a network. Each check adds a hop, or raises UnreachableError."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._hops: list[str] = []
        self._assumes: dict[str, None] = {}
        self._back: list[Callable[[], None]] = []

    def step(self, text: str) -> None:
        """Notes something that the packet passes."""
        self._hops.append(text)

    def assume(self, text: str) -> None:
        """Notes something that the templates do not describe and that must hold."""
        self._assumes[text] = None

    def groups(self, interface: Interface, far: FarSide, traffic: Traffic, *, outbound: bool) -> None:
        """Passes the security groups of an interface."""
        groups = [self.network.groups[each] for each in interface.groups if each in self.network.groups]
        names = " and ".join(group.name for group in groups) or f"the groups of {interface.name}"
        verb, word = ("lets out", "to") if outbound else ("admits", "from")
        verbs = verb if len(groups) < 2 else verb.replace("lets", "let").replace("admits", "admit")
        if groups_admit(groups, far, traffic, outbound=outbound):
            self.step(f"{names} {verbs} {traffic} {word} {far.name}")
            return
        if foreign := [group.name for group in groups if group.foreign]:
            self.assume(f"{' or '.join(foreign)} {verb} {traffic} {word} {far.name} ({far.addresses})")
            return
        # belief: EC2-group-rules
        raise UnreachableError(GROUP, names, f"no rule {verb} {traffic} {word} {far.name} ({far.addresses})")

    def acl(self, subnet: Subnet, far: FarSide, traffic: Traffic, *, outbound: bool) -> None:
        """Passes the network ACL of a subnet."""
        acl = self.network.acls.get(subnet.acl)
        if acl is None or acl.foreign:
            self.assume(f"the network ACL of {subnet.name} lets everything through, both ways")
            return
        way = f"{traffic} {'out to' if outbound else 'in from'} {far.name} ({far.addresses})"
        # belief: EC2-acl-order
        if stop := acl_stop(acl, far, traffic, outbound=outbound):
            raise UnreachableError(ACL, acl.name, f"{way}: {stop}")
        self.step(f"{acl.name} lets {way}")

    def acl_on_the_way_back(self, subnet: Subnet, far: FarSide, traffic: Traffic, *, outbound: bool) -> None:
        """Lets the answer pass an ACL later; answers pass in the reverse order."""
        self._back.append(lambda: self.acl(subnet, far, traffic, outbound=outbound))

    def route(self, subnet: Subnet, destination: Outside) -> Route | None:
        """Takes the route of a subnet; None where others decide it."""
        table = self.network.tables[subnet.table]
        route = route_to(table, destination)
        if route is None and table.foreign:
            self.assume(f"the route table of {subnet.name} leads to {destination.name}")
            return None
        # belief: EC2-longest-prefix
        if route is None:
            raise UnreachableError(
                NO_ROUTE, table.name, f"no route to {destination.name} ({destination.addresses})"
            )
        target = self.network.name_of(route.target)
        # belief: EC2-blackhole
        if route.kind == "missing":
            raise UnreachableError(
                MISSING_TARGET,
                table.name,
                f"its route to {route.destination} leads to {target}, which does not exist",
            )
        self.step(f"{table.name} routes {route.destination} to {target}")
        return route

    def come_back(self) -> None:
        """Lets the answer pass what waits for it."""
        for check in reversed(self._back):
            check()

    def answer(self, seen: Seen | None, stop: UnreachableError | None = None) -> Answer:
        """What came of it."""
        hops, assumes = tuple(self._hops), tuple(self._assumes)
        if stop is not None:
            return Answer(False, None, stop.code, stop.where, stop.rule, hops, assumes)
        return Answer(True, seen, hops=hops, assumes=assumes)


def walked(network: Network, go: Callable[[Walk], Seen]) -> Answer:
    """The answer of one walk."""
    walk = Walk(network)
    try:
        seen = go(walk)
        walk.come_back()
    except UnreachableError as stop:
        return walk.answer(None, stop)
    return walk.answer(seen)
