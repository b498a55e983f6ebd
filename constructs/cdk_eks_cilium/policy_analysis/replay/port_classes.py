"""Ports that no policy tells apart: a scan goes through thousands, and one of each kind is judged."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.workloads import Inventory

_WITH_PORTS: Final = frozenset({"TCP", "UDP", "SCTP"})
_LAST: Final = 65535


class PortClasses:
    """Numbers the stretches of ports between which policies name no port.

    Args:
        policies: The policies. Every number in them that may be a port counts, wherever it stands.
        inventory: What files describe: the numbers behind names of ports.
    """

    def __init__(self, policies: Iterable[Policy], inventory: Inventory) -> None:
        named = {number for policy in policies for number in _numbers(policy.manifest())}
        named |= {port.number for workload in inventory.workloads for port in workload.ports}
        # A range may begin at a port that is named, or end there.
        self._begins = sorted({begin for number in named for begin in (number, number + 1)})

    def number(self, protocol: str, port: int) -> int:
        """The number of the class of a port. Each type of ICMP has its own."""
        return bisect_right(self._begins, port) if protocol in _WITH_PORTS else port


def _numbers(data: Any) -> Iterator[int]:
    """Every number in plain data that may be a port, which policies have as text or as number."""
    if isinstance(data, str | int):
        if str(data).isdecimal() and int(data) <= _LAST:
            yield int(data)
    elif isinstance(data, Mapping):
        for each in data.values():
            yield from _numbers(each)
    elif isinstance(data, list | tuple):
        for each in data:
            yield from _numbers(each)
