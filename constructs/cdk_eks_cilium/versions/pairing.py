"""Whether a Cilium release suits a Kubernetes release.

The ranges in the table of `CiliumVersion` come from the end-to-end tests that each release documents
(https://docs.cilium.io/en/stable/network/kubernetes/compatibility/) and from the project's EKS jobs
(``.github/actions/eks/k8s-versions.yaml`` of https://github.com/cilium/cilium). Charts have no upper bound,
so Helm itself refuses no pair.
"""

from __future__ import annotations

from .cilium import CiliumVersion, minors
from .kubernetes import minor_of


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
