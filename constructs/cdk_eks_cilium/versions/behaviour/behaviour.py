"""A behaviour of Cilium, and the releases that have it."""

from __future__ import annotations

from dataclasses import dataclass

from cdk_eks_cilium.versions.cilium import CiliumVersion, minors


@dataclass(frozen=True)
class Behaviour:
    """A behaviour that some releases of Cilium have and others lack.

    Attributes:
        does: What releases with it do, as a sentence.
        source: Who says so: an address, ``chart: KEY`` for the first release of a key in the catalogue, or
            the tests that found the bounds.
        since: The first release with the behaviour, ``1.19`` or ``1.19.2``. By default the oldest release
            known here.
        until: The first release without it again; None if the newest release has it.
        backports: The first patches with it, of minors before `since`.
    """

    does: str
    source: str
    since: str = minors()[0]
    until: str | None = None
    backports: tuple[str, ...] = ()

    def holds(self, version: CiliumVersion | None) -> bool:
        """Whether a release has the behaviour.

        Args:
            version: The release; None for the newest.
        """
        if version is None:
            return self.until is None
        if self.until is not None and version.at_least(self.until):
            return False
        return version.at_least(self.since) or any(
            version.at_least(patch) and patch.startswith(f"{version.minor}.") for patch in self.backports
        )
