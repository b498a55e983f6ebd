"""The releases of Cilium that tests run over, derived from the table of the library."""

from __future__ import annotations

from cdk_eks_cilium.versions import CiliumVersion, minors

ARTICLE = CiliumVersion.ARTICLE.number
NEWEST = [CiliumVersion.newest_of(minor).number for minor in minors()]
"""The newest patch of each minor, oldest first."""

NUMBERS = [ARTICLE if number.startswith(f"{CiliumVersion.ARTICLE.minor}.") else number for number in NEWEST]
"""One release of each minor, oldest first: the newest patch, but of the article's minor the article's own."""


def since(minor: str) -> list[str]:
    """The releases of `NUMBERS` from a *minor* on."""
    return NUMBERS[minors().index(minor) :]


def before(minor: str) -> list[str]:
    """The releases of `NUMBERS` that are older than a *minor*."""
    return NUMBERS[: minors().index(minor)]
