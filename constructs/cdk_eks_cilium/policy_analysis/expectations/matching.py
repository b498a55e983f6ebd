"""The sides and ports that patterns of expectations mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TypeVar

from cdk_eks_cilium.policy_analysis.evaluation import PROTOCOLS, Endpoint, PortSet
from cdk_eks_cilium.policy_analysis.services import Way, endpoint_at, service_port
from cdk_eks_cilium.policy_analysis.workloads import Inventory, KubernetesService, ServicePort, Workload
from cdk_eks_cilium.problems import InputError, Problem, did_you_mean

from .model import EVERY_PORT, SERVICE, PeerPattern, TargetPattern

_Pattern = TypeVar("_Pattern", bound=PeerPattern)

Target = tuple[Endpoint, PortSet, str]
"""A destination with its ports, and how they are written."""


@dataclass(frozen=True)
class ServiceTarget:
    """A port of a Service that connections go to.

    Attributes:
        service: The Service.
        port: Its port.
        way: How clients come to it; None for the way that they take by default.
        where: The place that problems name.
    """

    service: KubernetesService
    port: ServicePort
    way: Way | None
    where: str


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
        for pattern in patterns:
            if pattern.is_service:
                rule, fix = "must not be a Service, which begins no connection", "name the pods behind it"
                self.problems.append(Problem(where, rule, pattern.side, fix, id="CEK5382"))
        for one in found:
            if one.kind == "fqdn":
                rule, fix = "must be sides that can begin a connection", "name an address, as cidr:ADDRESS"
                self.problems.append(Problem(where, rule, str(one), fix, id="CEK5310"))
        return [*dict.fromkeys(found)]

    def targets(self, patterns: Sequence[TargetPattern], where: str) -> list[Target]:
        """The destinations other than Services, with their ports."""
        found: list[Target] = []
        for place, pattern in _placed(patterns, where):
            if pattern.is_service:
                continue
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

    def services(self, patterns: Sequence[TargetPattern], where: str) -> list[ServiceTarget]:
        """The Services among the destinations, once for each of their ports that is meant."""
        found: list[ServiceTarget] = []
        for place, pattern in _placed(patterns, where):
            if pattern.is_service:
                for service in self._services(str(pattern.side), place):
                    found += self._service_targets(service, pattern, place)
        return found

    def _services(self, side: str, place: str) -> list[KubernetesService]:
        wanted = side.removeprefix(SERVICE)
        found = [one for one in self._inventory.services if fnmatchcase(str(one), wanted)]
        if not found:
            names = [str(one) for one in self._inventory.services]
            fix = did_you_mean(wanted, names) or _known(names, "Services")
            self.problems.append(Problem(place, "must match a Service", side, fix, id="CEK5384"))
        return found

    def _service_targets(
        self, service: KubernetesService, pattern: TargetPattern, place: str
    ) -> Iterator[ServiceTarget]:
        for text in pattern.ports:
            name, _, given = text.partition("/")
            protocol = _protocol(given)
            if name == EVERY_PORT and service.ports:
                ports = [each for each in service.ports if protocol in (None, each.protocol)]
                yield from (ServiceTarget(service, each, pattern.via, place) for each in ports)
                continue
            try:
                port = service_port(service, name, protocol, f"{place}.ports")
            except InputError as error:
                self.problems += error.problems
            else:
                yield ServiceTarget(service, port, pattern.via, place)

    def _each(self, patterns: Sequence[PeerPattern], where: str) -> Iterator[Endpoint]:
        for place, pattern in _placed(patterns, where):
            if not pattern.is_service:
                yield from self._one(pattern, place)

    def _one(self, pattern: PeerPattern, where: str) -> Iterator[Endpoint]:
        if pattern.is_other:
            try:
                yield _other(str(pattern.side), self._inventory)
            except InputError as error:
                self.problems += [
                    Problem(where, one.rule, pattern.side, one.fix, id=one.id) for one in error.problems
                ]
            return
        found = [one for one in self._inventory.workloads if matches(pattern, one)]
        if not found:
            names = [str(one) for one in self._inventory.workloads]
            fix = did_you_mean(pattern.side or "", names) or _known(names, "workloads")
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


def _placed(patterns: Sequence[_Pattern], where: str) -> Iterator[tuple[str, _Pattern]]:
    """Patterns with the places that problems name."""
    for number, pattern in enumerate(patterns):
        yield (f"{where}[{number}]" if len(patterns) > 1 else where), pattern


def _known(names: Sequence[str], what: str) -> str:
    if not names:
        more = ", or with what makes them" if what == "workloads" else ""
        return f"also name files with the {'pods' if what == 'workloads' else what}{more}"
    return f"{what} are {', '.join(names[:10])}{', ...' if len(names) > 10 else ''}"


def _other(side: str, inventory: Inventory) -> Endpoint:
    kind, _, name = side.partition(":")
    if kind == "fqdn":
        return Endpoint.fqdn(name)
    return endpoint_at(name.strip("[]"), inventory) if kind == "cidr" else Endpoint.entity(name)


def _protocol(text: str) -> str | None:
    """A protocol as flows have it; None without one."""
    return next((one for one in PROTOCOLS if one.upper() == text.upper()), None)


def _ports(text: str, endpoint: Endpoint) -> PortSet:
    """The ports of a destination that a text means; without ports if it has no port of that name."""
    name, _, protocol = text.partition("/")
    chosen = _protocol(protocol)
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
