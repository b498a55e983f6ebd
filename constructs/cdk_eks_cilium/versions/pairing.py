"""Whether a Cilium release suits a Kubernetes release.

The ranges in the table of `CiliumVersion` come from the end-to-end tests that each release documents
(https://docs.cilium.io/en/stable/network/kubernetes/compatibility/) and from the project's EKS jobs
(``.github/actions/eks/k8s-versions.yaml`` of https://github.com/cilium/cilium). Charts have no upper bound,
so Helm itself refuses no pair.
"""

from __future__ import annotations

from typing import Final

from .cilium import TABLE_DATE, CiliumVersion, minors
from .kubernetes import minor_of

_RELEASES: Final = "https://github.com/cilium/cilium/releases"


def pairing_warnings(cilium: CiliumVersion, kubernetes: str) -> list[str]:
    """Return why a Cilium release may not suit a Kubernetes release.

    One minor above the tested range gives no warning: Cilium's newest release always comes after
    Kubernetes's, and an API that a new minor removes was deprecated for several minors.

    Raises:
        ValueError: If *kubernetes* is not of the form ``1.35``.
    """
    if _suits(cilium, kubernetes):
        return []
    oldest, newest = cilium.tested_kubernetes
    return [
        f"Cilium {cilium} is tested with Kubernetes {oldest} to {newest}, not with {kubernetes}; "
        f"{_advice(kubernetes)}"
    ]


def pairing_notes(cilium: CiliumVersion, kubernetes: str) -> list[str]:
    """Return what to know of a pair that `pairing_warnings` lets pass: it is one minor above the tested ones.

    Raises:
        ValueError: If *kubernetes* is not of the form ``1.35``.
    """
    oldest, newest = cilium.tested_kubernetes
    if minor_of(kubernetes) != minor_of(newest) + 1:
        return []
    return [
        f"Cilium {cilium} is tested with Kubernetes {oldest} to {newest}, and {kubernetes} is one minor "
        "newer: nothing is known to fail with it, and no test of Cilium's tells (docs/versions.md)"
    ]


def release_warnings(cilium: CiliumVersion) -> list[str]:
    """Return that a release is newer than the table, so that nobody here knows whether it exists."""
    if cilium.is_known:
        return []
    newest = CiliumVersion.newest_of(cilium.minor)
    return [
        f"Cilium {cilium} is newer than the releases known here, which end with {newest} on {TABLE_DATE}: "
        f"whether it exists is not checked, and what it changes is not known; look at {_RELEASES}, and "
        "rehearse it with its chart (--charts)"
    ]


def _suits(cilium: CiliumVersion, kubernetes: str) -> bool:
    oldest, newest = map(minor_of, cilium.tested_kubernetes)
    return oldest <= minor_of(kubernetes) <= newest + 1


def _advice(kubernetes: str) -> str:
    """Return which Cilium to choose for this Kubernetes: the default if it fits, else the newest fitting."""
    if _suits(CiliumVersion.DEFAULT, kubernetes):
        return f"choose Cilium {CiliumVersion.DEFAULT}"
    newest_first = map(CiliumVersion.newest_of, reversed(minors()))
    fitting = next((version for version in newest_first if _suits(version, kubernetes)), None)
    if fitting is None:
        return f"no Cilium release known here is tested near Kubernetes {kubernetes}"
    return f"choose Cilium {fitting}"
