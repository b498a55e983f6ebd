"""Which key of a chart a misspelt key means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from cdk_eks_cilium import problems

_CLOSE: Final = 0.75
#: A name in so few sections still tells which section is meant.
_FEW: Final = 3


def nearest(keys: Sequence[str], path: str) -> str | None:
    """Return the key among *keys* that is nearest to *path*, None if nothing comes near.

    In this order: a key that differs in case, hyphens or underscores; a key of the same name in another
    section; a key spelled alike, section by section; a key whose name contains the given name or the other
    way round, at the same place or elsewhere.
    """
    plain = {_plain(key): key for key in keys}
    if _plain(path) in plain:
        return plain[_plain(path)]
    leaf = _plain(path.rpartition(".")[2])
    same = [key for key in keys if _plain(key.rpartition(".")[2]) == leaf]
    within = [key for key in keys if _contains(_plain(key.rpartition(".")[2]), leaf)]
    return (
        _elsewhere(same, path)
        or _same_place(keys, path, _alike_name)
        or _same_place(keys, path, _containing_name)
        or _elsewhere(within, path)
    )


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


def _same_place(
    keys: Sequence[str], path: str, correct: Callable[[str, Iterable[str]], str | None]
) -> str | None:
    """Follow *path*, and correct each unknown name to a key of its section."""
    at = ""
    for name in path.split("."):
        start = f"{at}." if at else ""
        below = (key.removeprefix(start) for key in keys if key.startswith(start))
        names = [each for each in below if "." not in each]
        known = name if name in names else correct(name, names)
        if known is None:
            return None
        at = f"{at}.{known}" if at else known
    return at


def _alike_name(name: str, names: Iterable[str]) -> str | None:
    return next(iter(problems.nearest(name, names, cutoff=_CLOSE)), None)


def _containing_name(name: str, names: Iterable[str]) -> str | None:
    within = [each for each in names if _contains(_plain(each), _plain(name))]
    return min(within, key=len) if within else None


def _contains(one: str, other: str) -> bool:
    """Whether one name contains the other, which is at least half as long; shorter ones mean nothing."""
    short, long = sorted((one, other), key=len)
    return len(short) * 2 >= len(long) and short in long


def _elsewhere(candidates: list[str], path: str) -> str | None:
    """The candidate whose sections are most like the sections of *path*.

    A name that many sections have, such as ``enabled``, is not enough alone.
    """
    sections = {_plain(part) for part in path.split(".")[:-1]}
    shared = {key: len(sections & {_plain(part) for part in key.split(".")[:-1]}) for key in candidates}
    if len(candidates) > _FEW:
        candidates = [key for key in candidates if shared[key]]
    return max(candidates, key=lambda key: (shared[key], -len(key)), default=None)
