"""Which Kubernetes releases a Cilium release is tested with.

The ranges are the end-to-end tests that each release documents, widened by the project's EKS
jobs: https://docs.cilium.io/en/stable/network/kubernetes/compatibility/ and the files
``.github/actions/eks/k8s-versions.yaml`` of https://github.com/cilium/cilium. For 1.20 only the EKS jobs
are known. Charts carry no upper bound, so that Helm itself stops nobody.
"""

from __future__ import annotations

from typing import Final

from .cilium import CiliumVersion, minors
from .kubernetes import minor_of

_TESTED: Final = {
    "1.12": (16, 24),
    "1.13": (16, 26),
    "1.14": (19, 27),
    "1.15": (26, 29),
    "1.16": (27, 30),
    "1.17": (29, 32),
    "1.18": (30, 33),
    "1.19": (30, 34),
    "1.20": (32, 35),
}


def kubernetes_range(cilium: CiliumVersion) -> tuple[str, str]:
    """Return the oldest and the newest Kubernetes release *cilium* is tested with."""
    oldest, newest = _TESTED[cilium.minor]
    return f"1.{oldest}", f"1.{newest}"


def pairing_warnings(cilium: CiliumVersion, kubernetes: str) -> list[str]:
    """Say why a Cilium release may not suit a Kubernetes release.

    One minor past the tested range is silent: Cilium's newest release always trails Kubernetes's,
    and the API a new minor removes has been deprecated for several. Further, or below the range, warns.

    Args:
        cilium: The release of Cilium.
        kubernetes: The release of Kubernetes, ``1.35``.

    Raises:
        ValueError: If *kubernetes* is not of the form ``1.35``.
    """
    if _suits(cilium.minor, kubernetes):
        return []
    oldest, newest = kubernetes_range(cilium)
    return [
        f"Cilium {cilium} is tested with Kubernetes {oldest} to {newest}, not with {kubernetes}; "
        f"{_advice(kubernetes)}"
    ]


def _suits(cilium_minor: str, kubernetes: str) -> bool:
    oldest, newest = _TESTED[cilium_minor]
    return oldest <= minor_of(kubernetes) <= newest + 1


def _advice(kubernetes: str) -> str:
    """Return which Cilium to take for this Kubernetes: the default if it fits, else the newest that does."""
    if _suits(CiliumVersion.DEFAULT.minor, kubernetes):
        return f"choose Cilium {CiliumVersion.DEFAULT}"
    fitting = [minor for minor in reversed(minors()) if _suits(minor, kubernetes)]
    if not fitting:
        return f"no Cilium release known here is tested near Kubernetes {kubernetes}"
    return f"choose Cilium {CiliumVersion.newest_of(fitting[0])}"
