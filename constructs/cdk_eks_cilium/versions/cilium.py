"""The Cilium releases this library can install.

The table is the stable part of the chart index at https://helm.cilium.io as of `TABLE_DATE`:
every patch from .0 to the last of each minor, but for the gaps that were never published.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from cdk_eks_cilium.problems import InputError, Problem, did_you_mean

TABLE_DATE: Final = date(2026, 8, 3)
"""The day of the newest entry in the chart index the table was read from."""

_NUMBER: Final = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)
_BOUND: Final = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?", re.ASCII)


class Minor:
    """A row of the table: a minor of Cilium, named by the attribute of `CiliumVersion` that it stands in.

    Attributes:
        last_patch: Its newest patch; every one from .0 on was published, but for `skipped`.
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
    """A release of Cilium, and of its chart, which carry the same number.

    Make one with `of`, or take a class attribute: ``V1_19`` is the newest known patch of its minor, and so
    on for every minor of the table; ``DEFAULT`` is what the library installs when not told, and ``ARTICLE``
    is the release of the setup that this library grew from. Versions are ordered and hashable.

    Attributes:
        release: The number as integers, ``(1, 19, 6)``.

    Raises:
        InputError: If there is no such release.
    """

    release: tuple[int, int, int]

    # The table, oldest first. The Kubernetes releases are those of the end-to-end tests that each minor
    # documents, widened by the project's EKS jobs; of 1.20 only the EKS jobs are known. See `pairing`.
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
        fault = _fault(self.release)
        if fault:
            raise InputError([Problem("cilium.version", fault[0], self.number, fault[1], id="CEK4004")])

    @classmethod
    def of(cls, text: str, *, where: str = "cilium.version") -> CiliumVersion:
        """Return the release with the number *text*.

        A patch newer than the table is taken at its word while its minor is maintained, see
        `is_known`.

        Args:
            text: A full number, ``1.19.6``.
            where: The settings key to blame.

        Raises:
            InputError: If *text* is no full number, a pre-release, or a release that does not exist.
        """
        found = version_problems(where, text)
        if found:
            raise InputError(found)
        major, minor, patch = (int(part) for part in text.split("."))
        return cls((major, minor, patch))

    @classmethod
    def newest_of(cls, minor: str) -> CiliumVersion:
        """Return the newest known patch of a *minor* such as ``1.19``.

        Raises:
            InputError: If the minor is not one of `minors`.
        """
        if minor not in minors():
            fix = f"choose one of {', '.join(minors())}"
            raise InputError(
                [Problem("cilium.version", "must be a minor of Cilium known here", minor, fix, id="CEK4005")]
            )
        return _newest_of(int(minor.split(".")[1]))

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
            ValueError: If *bound* is no version number.
        """
        match = _BOUND.fullmatch(str(bound))
        if not match:
            raise ValueError(f"not a version to compare with: {bound!r}")
        return self.release >= tuple(int(part or 0) for part in match.groups())

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
    """The minors that the project maintains.

    These are its three newest: https://docs.cilium.io/en/stable/contributing/release/organization/.
    """
    return list(_TABLE)[-3:]


def _newest_of(minor: int) -> CiliumVersion:
    return CiliumVersion((1, minor, _TABLE[minor].last_patch))


def version_problems(where: str, text: str) -> list[Problem]:
    """Say why *text* is no release of Cilium that can be installed.

    Args:
        where: The settings key to blame.
        text: What was given as the version.
    """
    match = _NUMBER.fullmatch(text)
    if not match:
        return [
            Problem(
                where,
                "must be the full number of a stable Cilium release",
                text,
                _way_out(text),
                id="CEK4006",
            )
        ]
    major, minor, patch = (int(part) for part in match.groups())
    fault = _fault((major, minor, patch))
    return [Problem(where, fault[0], text, fault[1], id="CEK4007")] if fault else []


def _fault(release: tuple[int, int, int]) -> tuple[str, str] | None:
    """Return the broken rule and its fix, None for a release that exists or may by now."""
    major, minor, patch = release
    row = _TABLE.get(minor)
    if major != 1 or row is None:
        return f"must be a release of Cilium {minors()[0]} to {minors()[-1]}", _choices()
    newest = f"1.{minor}.{row.last_patch}"
    if patch in row.skipped:
        return "must be a published release, and the chart of this one never was", f"choose {newest}"
    if patch > row.last_patch and minor not in _maintained():
        rule = f"must be a published release, and Cilium 1.{minor} reached its end of life with {newest}"
        return rule, f"choose {newest}, or a maintained release: {_listed(_maintained())}"
    return None


def _way_out(text: str) -> str:
    """Return the fix for a text that is no full number."""
    bare = text.strip().removeprefix("v")
    if bare in minors():
        return f"did you mean {CiliumVersion.newest_of(bare).number!r}?"
    stable = re.split(r"[-+]", bare)[0]
    if bare != text and _NUMBER.fullmatch(bare) and not version_problems("", bare):
        return f"did you mean {bare!r}?"
    if stable != bare and _NUMBER.fullmatch(stable) and not version_problems("", stable):
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
