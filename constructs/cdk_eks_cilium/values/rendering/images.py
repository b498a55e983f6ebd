"""Images from another registry: every repository that a chart names, under another host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

# The chart appends the cloud to the operator's name. The tests hold this against each chart's values file.
_IMAGES: Final[Mapping[str, str]] = {
    "authentication.mutual.spire.install.agent": "spiffe/spire-agent",
    "authentication.mutual.spire.install.initImage": "library/busybox",
    "authentication.mutual.spire.install.server": "spiffe/spire-server",
    "certgen": "cilium/certgen",
    "clustermesh.apiserver": "cilium/clustermesh-apiserver",
    "envoy": "cilium/cilium-envoy",
    "hubble.relay": "cilium/hubble-relay",
    "hubble.ui.backend": "cilium/hubble-ui-backend",
    "hubble.ui.frontend": "cilium/hubble-ui",
    "nodeinit": "cilium/startup-script",
    "operator": "cilium/operator",
    "preflight": "cilium/cilium",
    "preflight.envoy": "cilium/cilium-envoy",
}


def image_values(registry: str, version: CiliumVersion) -> dict[str, Any]:
    """Chart values that take every image from *registry*; tags and digests stay as in the chart.

    Args:
        registry: Host and optional path. ``quay.io/cilium/certgen`` becomes ``REGISTRY/cilium/certgen``.
        version: The chart's, 1.18 or newer.
    """
    values: dict[str, Any] = {}
    for path, image in repositories(version):
        part = values
        for key in path[:-1]:
            part = part.setdefault(key, {})
        part[path[-1]] = f"{registry}/{image}"
    return values


def repositories(version: CiliumVersion) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where the chart keeps each image, and the image's path after its registry."""
    yield ("image", "repository"), "cilium/cilium"
    for path, image in _IMAGES.items():
        keys = tuple(path.split("."))
        yield ((*keys, "repository") if keys[-1] == "initImage" else (*keys, "image", "repository")), image
    if behaviour.chart.ZTUNNEL.holds(version):
        ztunnel = "cilium/ztunnel" if behaviour.chart.ZTUNNEL_OF_CILIUM.holds(version) else "istio/ztunnel"
        yield ("encryption", "ztunnel", "image", "repository"), ztunnel
