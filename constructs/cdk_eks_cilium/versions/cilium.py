"""The Cilium releases this library can install.

The table is the stable part of the chart index at https://helm.cilium.io as of `TABLE_DATE`:
every patch from .0 to the last of each minor, but for the gaps that were never published.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from cdk_eks_cilium.problems import InputError, Problem, did_you_mean

TABLE_DATE: Final = date(2026, 8, 3)
"""The day of the newest entry in the chart index the table was read from."""

_LAST_PATCH: Final = {12: 19, 13: 18, 14: 19, 15: 19, 16: 19, 17: 18, 18: 12, 19: 6, 20: 0}
_NEVER_PUBLISHED: Final = frozenset({(1, 16, 14)})
# The project maintains its three newest minors:
# https://docs.cilium.io/en/stable/contributing/release/organization/
_MAINTAINED: Final = frozenset(sorted(_LAST_PATCH)[-3:])
_NUMBER: Final = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)
_BOUND: Final = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?", re.ASCII)


@dataclass(frozen=True, order=True, repr=False)
class CiliumVersion:
    """A release of Cilium, and of its chart, which carry the same number.

    Make one with `of`, or take a class attribute: ``V1_12`` to ``V1_20`` are the newest known
    patches of their minors, ``DEFAULT`` is what the library installs when not told, and
    ``ARTICLE`` is the release of the setup that this library grew from.
    Versions are ordered and hashable.

    Attributes:
        release: The number as integers, ``(1, 19, 6)``.

    Raises:
        InputError: If there is no such release.
    """

    release: tuple[int, int, int]

    V1_12: ClassVar[CiliumVersion]
    V1_13: ClassVar[CiliumVersion]
    V1_14: ClassVar[CiliumVersion]
    V1_15: ClassVar[CiliumVersion]
    V1_16: ClassVar[CiliumVersion]
    V1_17: ClassVar[CiliumVersion]
    V1_18: ClassVar[CiliumVersion]
    V1_19: ClassVar[CiliumVersion]
    V1_20: ClassVar[CiliumVersion]
    ARTICLE: ClassVar[CiliumVersion]
    DEFAULT: ClassVar[CiliumVersion]

    def __post_init__(self) -> None:
        fault = _fault(self.release)
        if fault:
            raise InputError([Problem("cilium.version", fault[0], self.number, fault[1])])

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
            raise InputError([Problem("cilium.version", "must be a minor of Cilium known here", minor, fix)])
        number = int(minor.split(".")[1])
        return cls((1, number, _LAST_PATCH[number]))

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
        return self.release[1] not in _MAINTAINED

    @property
    def is_known(self) -> bool:
        """Whether the release is in the table; False for a newer patch of a maintained minor."""
        return self.release[2] <= _LAST_PATCH[self.release[1]]

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
    return tuple(f"1.{minor}" for minor in sorted(_LAST_PATCH))


def known_versions() -> tuple[CiliumVersion, ...]:
    """Return every release of the table, oldest first."""
    return tuple(
        CiliumVersion((1, minor, patch))
        for minor, last in sorted(_LAST_PATCH.items())
        for patch in range(last + 1)
        if (1, minor, patch) not in _NEVER_PUBLISHED
    )


def version_problems(where: str, text: str) -> list[Problem]:
    """Say why *text* is no release of Cilium that can be installed.

    Args:
        where: The settings key to blame.
        text: What was given as the version.
    """
    match = _NUMBER.fullmatch(text)
    if not match:
        return [Problem(where, "must be the full number of a stable Cilium release", text, _way_out(text))]
    major, minor, patch = (int(part) for part in match.groups())
    fault = _fault((major, minor, patch))
    return [Problem(where, fault[0], text, fault[1])] if fault else []


def _fault(release: tuple[int, int, int]) -> tuple[str, str] | None:
    """Return the broken rule and its fix, None for a release that exists or may by now."""
    major, minor, patch = release
    if major != 1 or minor not in _LAST_PATCH:
        return f"must be a release of Cilium {minors()[0]} to {minors()[-1]}", _choices()
    newest = f"1.{minor}.{_LAST_PATCH[minor]}"
    if release in _NEVER_PUBLISHED:
        return "must be a published release, and the chart of this one never was", f"choose {newest}"
    if patch > _LAST_PATCH[minor] and minor not in _MAINTAINED:
        rule = f"must be a published release, and Cilium 1.{minor} reached its end of life with {newest}"
        return rule, f"choose {newest}, or a maintained release: {_newest(sorted(_MAINTAINED))}"
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
    return f"choose one of the newest per minor: {_newest(sorted(_LAST_PATCH))}"


def _newest(numbers: list[int]) -> str:
    return ", ".join(f"1.{minor}.{_LAST_PATCH[minor]}" for minor in numbers)


for _minor in _LAST_PATCH:
    setattr(CiliumVersion, f"V1_{_minor}", CiliumVersion.newest_of(f"1.{_minor}"))
CiliumVersion.ARTICLE = CiliumVersion((1, 12, 1))
CiliumVersion.DEFAULT = CiliumVersion.V1_19
