"""A check over several settings, which knows what it reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.settings.model import Settings
from cdk_eks_cilium.settings.wording import Location

Check = Callable[[Settings], Iterable[Problem]]


@dataclass(frozen=True)
class Rule:
    """A check, and the settings it reads.

    Attributes:
        reads: Keys such as ``network.pod_cidr``. ``node_groups[].image`` is the image of the one group that a
            problem is about, ``node_groups[*].image`` that of every group.
        check: Yields the problems of settings whose fields are valid one by one.
    """

    reads: tuple[str, ...]
    check: Check

    def problems(self, settings: Settings, reported: Sequence[Location] = ()) -> Iterator[Problem]:
        """Yield the problems that do not follow from a setting in *reported*."""
        # What every problem of the rule reads decides whether it can run at all.
        if any(_touches(read, at) for read in self.reads if "[]" not in read for at in reported):
            return
        for problem in self.check(settings):
            own = re.search(r"\[(\d+)\]", problem.where)
            if not any(_touches(read, at, own[1] if own else "*") for read in self.reads for at in reported):
                yield problem


def rule(*reads: str) -> Callable[[Check], Rule]:
    """Make a function a `Rule` over the settings named."""
    return lambda check: Rule(reads, check)


def _touches(read: str, reported: Location, own: str = "*") -> bool:
    """Whether the setting *read* is, holds or lies in the one at *reported*."""
    parts = re.findall(r"[^.\[\]]+", read.replace("[]", f"[{own}]"))
    return all(part in ("*", str(at)) for part, at in zip(parts, reported, strict=False))
