"""The sides and ports that patterns of expectations mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from cdk_eks_cilium.policy_analysis.evaluation import PROTOCOLS, Endpoint, PortSet
from cdk_eks_cilium.policy_analysis.workloads import Inventory, Workload
from cdk_eks_cilium.problems import InputError, Problem, did_you_mean

from .model import EVERY_PORT, PeerPattern, TargetPattern

Target = tuple[Endpoint, PortSet, str]
"""A destination with its ports, and how they are written."""


class PatternMatcher:
    """Finds what patterns mean among the workloads of an inventory.

    Attributes:
        problems: The patterns that mean nothing, in the order in which they were asked for.
    """

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self.problems: list[Problem] = []

    def sources(self, patterns: Sequence[PeerPattern], where: str) -> list[Endpoint]:
        """The sides that begin connections; *where* is the place that problems name."""
        found = [*self._each(patterns, where)]
        for one in found:
            if one.kind == "fqdn":
                rule, fix = "must be sides that can begin a connection", "name an address, as cidr:ADDRESS"
                self.problems.append(Problem(where, rule, str(one), fix, id="CEK5310"))
        return [*dict.fromkeys(found)]

    def targets(self, patterns: Sequence[TargetPattern], where: str) -> list[Target]:
        """The destinations with their ports."""
        found: list[Target] = []
        for number, pattern in enumerate(patterns):
            place = f"{where}[{number}]" if len(patterns) > 1 else where
            endpoints = [*self._one(pattern, place)]
            for text in pattern.ports:
                with_port = [(one, ports, text) for one in endpoints if (ports := _ports(text, one))]
                if endpoints and not with_port:
                    names = sorted(
                        {port.name for one in endpoints if one.workload for port in one.workload.ports}
                    )
                    fix = f"names of ports there are {', '.join(names)}" if names else "give the number"
                    rule = "must be a port of what it names"
                    self.problems.append(Problem(f"{place}.ports", rule, text, fix, id="CEK5311"))
                found += with_port
        return found

    def _each(self, patterns: Sequence[PeerPattern], where: str) -> Iterator[Endpoint]:
        for number, pattern in enumerate(patterns):
            yield from self._one(pattern, f"{where}[{number}]" if len(patterns) > 1 else where)

    def _one(self, pattern: PeerPattern, where: str) -> Iterator[Endpoint]:
        if pattern.is_other:
            try:
                yield _other(str(pattern.side))
            except InputError as error:
                self.problems += [
                    Problem(where, one.rule, pattern.side, one.fix, id=one.id) for one in error.problems
                ]
            return
        found = [one for one in self._inventory.workloads if matches(pattern, one)]
        if not found:
            names = [str(one) for one in self._inventory.workloads]
            fix = did_you_mean(pattern.side or "", names) or _known(names)
            self.problems.append(Problem(where, "must match a workload", str(pattern), fix, id="CEK5312"))
        yield from map(Endpoint.pod, found)


def matches(pattern: PeerPattern, workload: Workload) -> bool:
    """Whether a pattern means a workload."""
    if pattern.is_other:
        return False
    side = "*/*" if pattern.side in (None, "*") else str(pattern.side)
    if not fnmatchcase(str(workload), side):
        return False
    if pattern.namespace and not any(fnmatchcase(workload.namespace, one) for one in pattern.namespace):
        return False
    if any(workload.labels.get(key) != value for key, value in (pattern.labels or {}).items()):
        return False
    return not any(matches(one, workload) for one in pattern.except_ or ())


def _known(names: Sequence[str]) -> str:
    if not names:
        return "also name files with the pods, or with what makes them"
    return f"workloads are {', '.join(names[:10])}{', ...' if len(names) > 10 else ''}"


def _other(side: str) -> Endpoint:
    kind, _, name = side.partition(":")
    if kind == "fqdn":
        return Endpoint.fqdn(name)
    return Endpoint.address(name.strip("[]")) if kind == "cidr" else Endpoint.entity(name)


def _ports(text: str, endpoint: Endpoint) -> PortSet:
    """The ports of a destination that a text means; without ports if it has no port of that name."""
    name, _, protocol = text.partition("/")
    chosen = next((one for one in PROTOCOLS if one.upper() == protocol.upper()), None)
    if name == EVERY_PORT:
        every = PortSet.everything()
        return every if chosen is None else PortSet.of(part for part in every.parts() if part[0] == chosen)
    if name.isdecimal():
        return PortSet.of([(chosen or "TCP", int(name), int(name))])
    ports = endpoint.workload.ports if endpoint.workload is not None else ()
    return PortSet.of(
        (port.protocol, port.number, port.number)
        for port in ports
        if port.name == name and chosen in (None, port.protocol)
    )
