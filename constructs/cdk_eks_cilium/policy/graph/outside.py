"""What policies speak of beside pods: names, ranges and entities, each with a side that stands for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final, get_args

from cdk_eks_cilium.policy.evaluation import Endpoint
from cdk_eks_cilium.policy.evaluation.compiled import CompiledItem
from cdk_eks_cilium.policy.evaluation.peers import chosen_groups
from cdk_eks_cilium.policy.model import Entity, FqdnSelector, Item
from cdk_eks_cilium.policy.workloads import CidrGroup

Network = IPv4Network | IPv6Network

_SIDES: Final = frozenset(get_args(Entity)) - {"all", "cluster", "none"}

#: What is shown of those that ``all`` and ``cluster`` mean beside pods.
_TOGETHER: Final = {"all": ("world", "remote-node"), "cluster": ("remote-node",)}

_ANY_LABEL: Final = "any-name"


@dataclass(frozen=True)
class Outside:
    """What is no pod.

    Attributes:
        text: As policies call it: ``gitlab.com``, ``10.0.0.0/8 except 10.1.0.0/16``, ``kube-apiserver``.
        endpoint: One that stands for it.
        world: Whether it is outside the cluster.
    """

    text: str
    endpoint: Endpoint
    world: bool


def outsides(items: Iterable[CompiledItem], groups: Iterable[CidrGroup] = ()) -> list[Outside]:
    """Find what some items speak of.

    A pattern is stood for by a name that it matches, a range by an address of it that no narrower one
    has, so that what is said of the narrower one is not said of all.

    Args:
        items: The items.
        groups: The CiliumCIDRGroups that are known.
    """
    items = list(items)
    entities = {name for item in items for name in _entities(item.item)}
    names = {name.text: name for item in items for name in getattr(item.item, "to_fqdns", None) or ()}
    ranges = dict(_ranges(items, list(groups)))
    found = [Outside(name, Endpoint.entity(name), name == "world") for name in sorted(entities)]
    found += [Outside(text, Endpoint.fqdn(stand_in(names[text])), True) for text in sorted(names)]
    return [*found, *_standing(ranges)]


def _entities(item: Item) -> Iterator[str]:
    kind = item.peer_kind
    if kind is None:
        # Ports alone are for everyone.
        yield from () if item.is_empty else _TOGETHER["all"]
    elif kind.endswith("_entities"):
        for name in getattr(item, kind):
            yield from _TOGETHER.get(name, (name,) if name in _SIDES else ())
    elif kind.endswith("_endpoints"):
        for selector in getattr(item, kind):
            for key in selector.keys:
                if key.startswith("reserved:") and key.removeprefix("reserved:") in _SIDES:
                    yield key.removeprefix("reserved:")
    elif kind == "to_services":
        yield "kube-apiserver"
    elif any(not holes and network.prefixlen == 0 for _, network, holes in _networks(item, [])):
        # A range of all addresses is told as what it is.
        yield "world"


def stand_in(name: FqdnSelector) -> str:
    """A name that a rule means: itself, or one that its pattern matches."""
    if name.match_name is not None:
        return name.match_name
    return _ANY_LABEL.join(re.split(r"\*+", (name.match_pattern or "").lower()))


def _networks(item: Any, groups: list[CidrGroup]) -> Iterator[tuple[str, Network, tuple[Network, ...]]]:
    """The ranges of an item: as text, as a network, and what is taken out of it."""
    for text in (*(getattr(item, "from_cidr", None) or ()), *(getattr(item, "to_cidr", None) or ())):
        network = ip_network(text, strict=False)
        yield str(network), network, ()
    for rule in (*(getattr(item, "from_cidr_set", None) or ()), *(getattr(item, "to_cidr_set", None) or ())):
        holes = tuple(ip_network(text, strict=False) for text in rule.except_ or ())
        except_ = f" except {', '.join(map(str, holes))}" if holes else ""
        if rule.cidr is not None:
            network = ip_network(rule.cidr, strict=False)
            yield f"{network}{except_}", network, holes
        for group in chosen_groups(rule, groups) if rule.cidr is None else ():
            for cidr in group.cidrs:
                network = ip_network(cidr, strict=False)
                yield f"{network} of {group.name}{except_}", network, holes


def _ranges(
    items: Iterable[CompiledItem], groups: list[CidrGroup]
) -> Iterator[tuple[str, tuple[Network, tuple[Network, ...]]]]:
    for item in items:
        for text, network, holes in _networks(item.item, groups):
            if network.prefixlen or holes:
                yield text, (network, holes)


def _standing(ranges: dict[str, tuple[Network, tuple[Network, ...]]]) -> Iterator[Outside]:
    taken: set[str] = set()
    mentioned = {part for network, holes in ranges.values() for part in (network, *holes)}
    for text, (network, holes) in sorted(ranges.items()):
        address = _address(network, holes, mentioned, taken)
        if address is not None:
            taken.add(address)
            yield Outside(text, Endpoint.address(address), True)


def _address(
    network: Network, holes: tuple[Network, ...], mentioned: Iterable[Network], taken: set[str]
) -> str | None:
    """An address of *network* outside its holes and, if there is one, outside what is narrower."""
    narrower = [each for each in mentioned if each != network and _within(each, network)]
    for avoided in ([*holes, *narrower], list(holes)):
        for address in _candidates(network, avoided):
            text = str(type(network.network_address)(address))
            if text not in taken:
                return text
    return None


def _within(part: Network, whole: Network) -> bool:
    return part.version == whole.version and part.subnet_of(whole)  # type: ignore[arg-type]


def _candidates(network: Network, avoided: list[Network]) -> Iterator[int]:
    """Where the free stretches of a network begin; of the first few of each, if it is long enough."""
    at, last = int(network.network_address), int(network.broadcast_address)
    for first, end in sorted((int(each.network_address), int(each.broadcast_address)) for each in avoided):
        yield from range(at, min(at + 8, first))
        at = max(at, end + 1)
    yield from range(at, min(at + 8, last + 1))
