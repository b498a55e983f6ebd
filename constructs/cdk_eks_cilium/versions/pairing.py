"""Whether a Cilium release suits a Kubernetes release.

The ranges in the table of `CiliumVersion` are the end-to-end tests that each release documents, widened by
the project's EKS jobs: https://docs.cilium.io/en/stable/network/kubernetes/compatibility/ and the files
``.github/actions/eks/k8s-versions.yaml`` of https://github.com/cilium/cilium. Charts carry no upper bound,
so that Helm itself stops nobody.
"""

from __future__ import annotations

from .cilium import CiliumVersion, minors
from .kubernetes import minor_of


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
    """Return which Cilium to take for this Kubernetes: the default if it fits, else the newest that does."""
    if _suits(CiliumVersion.DEFAULT, kubernetes):
        return f"choose Cilium {CiliumVersion.DEFAULT}"
    newest_first = map(CiliumVersion.newest_of, reversed(minors()))
    fitting = next((version for version in newest_first if _suits(version, kubernetes)), None)
    if fitting is None:
        return f"no Cilium release known here is tested near Kubernetes {kubernetes}"
    return f"choose Cilium {fitting}"
