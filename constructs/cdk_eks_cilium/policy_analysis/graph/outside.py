"""Peers of policies beside pods: names, ranges and entities, each with a side that stands for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Any, Final, get_args

from cdk_eks_cilium.policy.model import Entity, FqdnSelector, Item
from cdk_eks_cilium.policy.model.peers import Network, is_within
from cdk_eks_cilium.policy_analysis.evaluation import Direction, Endpoint
from cdk_eks_cilium.policy_analysis.evaluation.peers import chosen_groups
from cdk_eks_cilium.policy_analysis.evaluation.services import services_of
from cdk_eks_cilium.policy_analysis.workloads import CidrGroup, Inventory

_SIDES: Final = frozenset(get_args(Entity)) - {"all", "cluster", "cluster-mesh", "none"}

#: The entities that are shown for others, beside pods.
_TOGETHER: Final = {
    "all": ("world", "remote-node"),
    **dict.fromkeys(("cluster", "cluster-mesh"), ("kube-apiserver", "remote-node")),
}

_ANY_LABEL: Final = "any-name"
_TRIED: Final = 8


@dataclass(frozen=True)
class Outside:
    """A side other than pods.

    Attributes:
        text: Its name in policies: ``gitlab.com``, ``10.0.0.0/8 except 10.1.0.0/16``, ``kube-apiserver``.
        endpoint: A side that stands for it.
        directions: The directions in which policies mention it.
    """

    text: str
    endpoint: Endpoint
    directions: frozenset[Direction]

    @property
    def world(self) -> bool:
        """Whether it is outside the cluster."""
        return self.endpoint.kind != "entity" or self.text == "world"


@dataclass(frozen=True)
class _Range:
    """A range in a policy, and its exceptions."""

    text: str
    network: Network
    holes: tuple[Network, ...]


def outsides(
    items: Iterable[tuple[Direction, Item]],
    groups: Iterable[CidrGroup] = (),
    *,
    unbounded: Iterable[Direction] = (),
    inventories: Iterable[Inventory] = (),
) -> list[Outside]:
    """Find the sides other than pods that some items mention.

    A name that it matches stands for a pattern. An address that no narrower range has stands for a range, so
    that rules about the narrower range do not count for all of it.

    Args:
        items: The items, each with the direction that it is for.
        groups: The CiliumCIDRGroups that are known.
        unbounded: The directions in which a selector of pods means everyone else, too.
        inventories: Where addresses behind Services without a selector are listed.
    """
    groups, inventories = list(groups), list(inventories)
    entities: dict[str, set[Direction]] = {}
    for direction in unbounded:
        for entity in _TOGETHER["all"]:
            entities.setdefault(entity, set()).add(direction)
    names: dict[str, tuple[FqdnSelector, set[Direction]]] = {}
    ranges: dict[_Range, set[Direction]] = {}
    for direction, item in items:
        for entity in _entities(item):
            entities.setdefault(entity, set()).add(direction)
        for name in getattr(item, "to_fqdns", None) or ():
            names.setdefault(name.text, (name, set()))[1].add(direction)
        for one in (*_ranges(item, groups), *_behind_services(item, inventories)):
            if one.network.prefixlen or one.holes:
                ranges.setdefault(one, set()).add(direction)
            # Whoever may reach the world but for some ranges may not reach these.
            for hole in one.holes if not one.network.prefixlen else ():
                ranges.setdefault(_Range(str(hole), hole, ()), set()).add(direction)
    found = [Outside(text, Endpoint.entity(text), frozenset(entities[text])) for text in sorted(entities)]
    for text, (name, directions) in sorted(names.items()):
        found.append(Outside(text, Endpoint.fqdn(stand_in(name)), frozenset(directions)))
    return [*found, *_standing(ranges)]


def _entities(item: Item) -> Iterator[str]:
    kind = item.peer_kind
    if kind is None:
        # Ports without peers are for everyone.
        yield from () if item.is_empty else _TOGETHER["all"]
    elif kind.endswith("_entities"):
        for name in getattr(item, kind):
            yield from _TOGETHER.get(name, (name,) if name in _SIDES else ())
    elif kind.endswith("_endpoints"):
        keys = {key.removeprefix("reserved:") for selector in getattr(item, kind) for key in selector.keys}
        yield from sorted(keys & _SIDES)
    elif kind == "to_services":
        yield "kube-apiserver"
    elif any(not one.network.prefixlen and not one.holes for one in _ranges(item, [])):
        # A range of all addresses is shown as the world.
        yield "world"


def stand_in(name: FqdnSelector) -> str:
    """A name that a rule means: itself, or one that its pattern matches."""
    if name.match_name is not None:
        return name.match_name
    return _ANY_LABEL.join(re.split(r"\*+", (name.match_pattern or "").lower()))


def _ranges(item: Any, groups: list[CidrGroup]) -> Iterator[_Range]:
    for text in (*(getattr(item, "from_cidr", None) or ()), *(getattr(item, "to_cidr", None) or ())):
        yield _Range(text, ip_network(text, strict=False), ())
    for rule in (*(getattr(item, "from_cidr_set", None) or ()), *(getattr(item, "to_cidr_set", None) or ())):
        holes = tuple(ip_network(text, strict=False) for text in rule.except_ or ())
        less = f" except {', '.join(map(str, holes))}" if holes else ""
        if rule.cidr is not None:
            yield _Range(f"{rule.cidr}{less}", ip_network(rule.cidr, strict=False), holes)
            continue
        for group in chosen_groups(rule, groups):
            for cidr in group.cidrs:
                yield _Range(f"{cidr} of {group.name}{less}", ip_network(cidr, strict=False), holes)


def _behind_services(item: Any, inventories: Iterable[Inventory]) -> Iterator[_Range]:
    for inventory in inventories:
        for text in services_of(getattr(item, "to_services", None) or (), inventory, None).ranges:
            yield _Range(text, ip_network(text), ())


def _standing(ranges: dict[_Range, set[Direction]]) -> list[Outside]:
    mentioned = {part for one in ranges for part in (one.network, *one.holes)}
    found: dict[str, Outside] = {}
    for one in sorted(ranges, key=lambda each: (each.text, each.holes)):
        address = _address(one, mentioned, set(found))
        if address is None:
            continue
        side = found.get(address) or Outside(one.text, Endpoint.address(address), frozenset())
        found[address] = replace(side, directions=side.directions | ranges[one])
    return list(found.values())


def _address(one: _Range, mentioned: Iterable[Network], taken: set[str]) -> str | None:
    """An address that stands for a range: if possible outside narrower ranges, and not taken.

    None if nothing is left of the range.
    """
    network = one.network
    narrower = [each for each in mentioned if each != network and is_within(each, network)]
    for avoided, used in (([*one.holes, *narrower], taken), (one.holes, taken), (one.holes, set[str]())):
        for number in _candidates(network, avoided):
            address = str(type(network.network_address)(number))
            if address not in used:
                return address
    return None


def _candidates(network: Network, avoided: Iterable[Network]) -> Iterator[int]:
    """The first addresses of every part of a network outside *avoided*."""
    at, last = int(network.network_address), int(network.broadcast_address)
    for first, end in sorted((int(each.network_address), int(each.broadcast_address)) for each in avoided):
        yield from range(at, min(at + _TRIED, first))
        at = max(at, end + 1)
    yield from range(at, min(at + _TRIED, last + 1))
