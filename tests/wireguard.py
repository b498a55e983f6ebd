"""WireGuard in the tests that go through all releases."""

from __future__ import annotations

from cdk_eks_cilium.values import CiliumValues
from cdk_eks_cilium.versions import CiliumVersion, behaviour


def startable(values: CiliumValues, version: CiliumVersion) -> CiliumValues:
    """Values with WireGuard as agents of a release take them: older ones do so without the proxy alone."""
    if not behaviour.agents.WIREGUARD_EXCLUDES_PROXY.holds(version):
        return values
    return values.model_copy(update={"overrides": {**values.overrides, "l7Proxy": False}})
