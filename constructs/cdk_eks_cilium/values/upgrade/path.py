"""The releases that a cluster passes from one to another: Cilium supports one minor at a time."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from cdk_eks_cilium.versions.cilium import CiliumVersion, minors

_MINORS: Final = minors()


# belief: CILIUM-one-minor
def path(old: CiliumVersion, new: CiliumVersion) -> tuple[tuple[CiliumVersion, CiliumVersion], ...]:
    """The steps from *old* to *new*: the newest patch of each minor between, of the old one first.

    On the way up the newest patch of the old minor comes first, from which Cilium tests its upgrades
    (https://docs.cilium.io/en/stable/operations/upgrade/). On the way down, too, no minor is skipped.
    """
    start, end = index(old), index(new)
    way = 1 if end >= start else -1
    stops = [old]
    newest = CiliumVersion.newest_of(old.minor)
    if end > start and newest > old:
        stops.append(newest)
    stops += [CiliumVersion.newest_of(_MINORS[number]) for number in range(start + way, end, way)]
    return tuple(pairwise([*stops, new]))


def index(version: CiliumVersion) -> int:
    """The place of a release's minor among all minors."""
    return _MINORS.index(version.minor)


def entered(old: CiliumVersion, new: CiliumVersion) -> tuple[str, ...]:
    """The minors that a step enters on its way up."""
    return _MINORS[index(old) + 1 : index(new) + 1]


def left(old: CiliumVersion, new: CiliumVersion) -> tuple[str, ...]:
    """The minors that a step leaves on its way down."""
    return _MINORS[index(new) + 1 : index(old) + 1]
