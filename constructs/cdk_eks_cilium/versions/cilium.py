"""The Cilium releases this library can install.

The table is the stable part of the chart index at https://helm.cilium.io as of `TABLE_DATE`: every patch of
each minor, except for patches that were never published.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import ClassVar, Final

from cdk_eks_cilium.problems import Problem, did_you_mean, refuse
from cdk_eks_cilium.problems.looked_up import awaits_lookup

TABLE_DATE: Final = date(2026, 8, 3)
"""The day of the newest entry in that chart index."""

_NUMBER: Final = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)
_BOUND: Final = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?", re.ASCII)


class Minor:
    """A row of the table: a minor of Cilium, named by its attribute in `CiliumVersion`.

    Attributes:
        last_patch: Its newest patch. Every patch from .0 on was published, except for `skipped`.
        kubernetes: The oldest and the newest minor of Kubernetes that it is tested with.
        skipped: Patches whose chart was never published.
    """

    def __init__(
        self, last_patch: int, *, kubernetes: tuple[int, int], skipped: tuple[int, ...] = ()
    ) -> None:
        """Describe a minor; the arguments are the attributes."""
        self.last_patch = last_patch
        self.kubernetes = kubernetes
        self.skipped = skipped

    def __set_name__(self, owner: type[CiliumVersion], name: str) -> None:
        """Enter the minor in the table: ``V1_19`` is 1.19."""
        self._number = int(name.removeprefix("V1_"))
        _TABLE[self._number] = self

    def __get__(self, instance: CiliumVersion | None, owner: type[CiliumVersion]) -> CiliumVersion:
        """Return the newest patch, which is what the attribute reads as."""
        return owner((1, self._number, self.last_patch))


_TABLE: Final[dict[int, Minor]] = {}


@dataclass(frozen=True, order=True, repr=False)
class CiliumVersion:
    """A release of Cilium, and of its chart, which has the same number.

    Make one with `of`, or take a class attribute: ``V1_19`` is the newest known patch of its minor, and so
    on for every minor of the table. ``DEFAULT`` is the default of the library, and ``ARTICLE`` the release of
    the article that this library grew from. Versions are ordered and hashable.

    Attributes:
        release: The number as integers, ``(1, 19, 6)``.

    Raises:
        InputError: If the release does not exist.
    """

    release: tuple[int, int, int]

    # The table, oldest first. The Kubernetes releases come from the end-to-end tests that each minor
    # documents and from the project's EKS jobs, for 1.20 from these jobs alone. See `pairing`.
    V1_12 = Minor(19, kubernetes=(16, 24))
    V1_13 = Minor(18, kubernetes=(16, 26))
    V1_14 = Minor(19, kubernetes=(19, 27))
    V1_15 = Minor(19, kubernetes=(26, 29))
    V1_16 = Minor(19, kubernetes=(27, 30), skipped=(14,))
    V1_17 = Minor(18, kubernetes=(29, 32))
    V1_18 = Minor(12, kubernetes=(30, 33))
    V1_19 = Minor(6, kubernetes=(30, 34))
    V1_20 = Minor(0, kubernetes=(32, 35))
    ARTICLE: ClassVar[CiliumVersion]
    DEFAULT: ClassVar[CiliumVersion]

    def __post_init__(self) -> None:
        refuse(version_problems("cilium.version", self.number))

    @classmethod
    def of(cls, text: str, *, where: str = "cilium.version") -> CiliumVersion:
        """Return the release with the number *text*.

        While a minor is maintained, its patches may be newer than the table, see `is_known`.

        Args:
            text: A full number, ``1.19.6``. What CDK has yet to look up stands for `DEFAULT` meanwhile.
            where: The settings key to blame.

        Raises:
            InputError: If *text* is not a full number, is a pre-release, or is a release that does not exist.
        """
        if awaits_lookup(text):
            return cls.DEFAULT
        refuse(version_problems(where, text))
        major, minor, patch = (int(part) for part in text.split("."))
        return cls((major, minor, patch))

    @classmethod
    def newest_of(cls, minor: str) -> CiliumVersion:
        """Return the newest known patch of a *minor* such as ``1.19``.

        Raises:
            InputError: If the minor is not among `minors`.
        """
        if minor not in minors():
            rule, fix = "must be a minor of Cilium known here", f"choose one of {', '.join(minors())}"
            refuse([Problem("cilium.version", rule, minor, fix, id="CEK4004")])
        number = int(minor.split(".")[1])
        return cls((1, number, _TABLE[number].last_patch))

    @property
    def number(self) -> str:
        """The full number, ``1.19.6``."""
        return ".".join(str(part) for part in self.release)

    @property
    def minor(self) -> str:
        """The minor, ``1.19``."""
        return f"{self.release[0]}.{self.release[1]}"

    @property
    def end_of_life(self) -> bool:
        """Whether the project no longer fixes this minor."""
        return self.release[1] not in _maintained()

    @property
    def is_known(self) -> bool:
        """Whether the release is in the table; False for a newer patch of a maintained minor."""
        return self.release[2] <= _TABLE[self.release[1]].last_patch

    @property
    def tested_kubernetes(self) -> tuple[str, str]:
        """The oldest and the newest Kubernetes release that the minor is tested with, ``1.30``."""
        oldest, newest = _TABLE[self.release[1]].kubernetes
        return f"1.{oldest}", f"1.{newest}"

    def at_least(self, bound: str | CiliumVersion) -> bool:
        """Whether this release is *bound* or newer.

        Args:
            bound: A minor (``1.19``), a full number (``1.13.2``) or a version. It need not exist.

        Raises:
            ValueError: If *bound* is not a version number.
        """
        return self.release >= (bound.release if isinstance(bound, CiliumVersion) else _bound(bound))

    def __str__(self) -> str:
        return self.number

    def __repr__(self) -> str:
        return f"CiliumVersion.of({self.number!r})"


def minors() -> tuple[str, ...]:
    """Return the minors known here, oldest first."""
    return tuple(f"1.{minor}" for minor in _TABLE)


def known_versions() -> tuple[CiliumVersion, ...]:
    """Return every release of the table, oldest first."""
    return tuple(
        CiliumVersion((1, minor, patch))
        for minor, row in _TABLE.items()
        for patch in range(row.last_patch + 1)
        if patch not in row.skipped
    )


def _maintained() -> list[int]:
    """The three newest minors: https://docs.cilium.io/en/stable/contributing/release/organization/."""
    return list(_TABLE)[-3:]


def version_problems(where: str, text: str) -> Iterator[Problem]:
    """Yield why *text* is not a release of Cilium that can be installed."""
    match = _NUMBER.fullmatch(text)
    if not match:
        rule = "must be the full number of a stable Cilium release"
        yield Problem(where, rule, text, _way_out(text), id="CEK4005")
    elif fault := _fault(*map(int, match.groups())):
        yield Problem(where, fault[0], text, fault[1], id="CEK4006")


def _fault(major: int, minor: int, patch: int) -> tuple[str, str] | None:
    """Return the broken rule and its fix, None for a release that exists or may exist by now."""
    row = _TABLE.get(minor)
    if major != 1 or row is None:
        return f"must be a release of Cilium {minors()[0]} to {minors()[-1]}", _choices()
    newest = f"1.{minor}.{row.last_patch}"
    if patch in row.skipped:
        return "must be a published release, and this chart was never published", f"choose {newest}"
    if patch > row.last_patch and minor not in _maintained():
        rule = f"must be a published release, and Cilium 1.{minor} reached its end of life with {newest}"
        return rule, f"choose {newest}, or a maintained release: {_listed(_maintained())}"
    return None


@cache
def _bound(text: str) -> tuple[int, ...]:
    """The release that a minor or a full number stands for.

    Raises:
        ValueError: If it is not a version number.
    """
    match = _BOUND.fullmatch(text)
    if not match:
        raise ValueError(f"not a version to compare with: {text!r}")
    return tuple(int(part or 0) for part in match.groups())


def _way_out(text: str) -> str:
    """Return the fix for a text that is not a full number."""
    bare = text.strip().removeprefix("v")
    if bare in minors():
        return f"did you mean {CiliumVersion.newest_of(bare).number!r}?"
    stable = re.split(r"[-+]", bare)[0]
    if bare != text and _NUMBER.fullmatch(bare) and not any(version_problems("", bare)):
        return f"did you mean {bare!r}?"
    if stable != bare and _NUMBER.fullmatch(stable) and not any(version_problems("", stable)):
        return f"did you mean {stable!r}? pre-releases are not installed"
    if near := did_you_mean(bare, [version.number for version in known_versions()], cutoff=0.85):
        return near
    start = ".".join(bare.split(".")[:2])
    return f"did you mean {CiliumVersion.newest_of(start).number!r}?" if start in minors() else _choices()


def _choices() -> str:
    return f"choose one of the newest per minor: {_listed(_TABLE)}"


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(f"1.{minor}.{_TABLE[minor].last_patch}" for minor in numbers)


CiliumVersion.ARTICLE = CiliumVersion((1, 12, 1))
CiliumVersion.DEFAULT = CiliumVersion.V1_19
