"""Images from a registry of one's own: every repository that a chart names, under another host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .cluster_name import is_token
from .model import CiliumValues

REGISTRY_PATTERN: Final = (
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:[0-9]{1,5})?"
    r"(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
)
"""A registry's host, and perhaps a port and a path."""

REGISTRY_RULE: Final = "must be the host of a registry, with a path if it has one, without scheme and tag"
REGISTRY_EXAMPLE: Final = "for example '111122223333.dkr.ecr.eu-west-1.amazonaws.com/mirror'"

# Where the chart keeps an image, and the image's path after its registry. The operator's is the beginning
# of a name: the chart appends the cloud. Held against the values file of each chart by the tests.
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
    """Chart values that take every image from *registry*; tags and digests stay the chart's.

    Args:
        registry: Host and optional path. ``quay.io/cilium/certgen`` becomes ``REGISTRY/cilium/certgen``.
        version: The chart's, of those whose images are known here.
    """
    values: dict[str, Any] = {}
    for path, image in _repositories(version):
        part = values
        for key in path[:-1]:
            part = part.setdefault(key, {})
        part[path[-1]] = f"{registry}/{image}"
    return values


def image_problems(values: CiliumValues, version: CiliumVersion, where: str) -> Iterator[Problem]:
    """Why the images of *values* cannot come from the registry it names.

    Args:
        values: What is wanted.
        version: The chart's.
        where: Settings key or construct path to blame.
    """
    registry = values.image_registry
    if registry is None:
        return
    at = f"{where}.image_registry"
    if not is_token(registry) and not re.fullmatch(REGISTRY_PATTERN, registry):
        yield Problem(at, REGISTRY_RULE, registry, REGISTRY_EXAMPLE)
    known = behaviour.chart.KNOWN_IMAGES
    if not known.holds(version):
        yield Problem(
            at,
            f"is known for the images of Cilium {known.since} and newer, not {version}",
            registry,
            "use a newer version, or name each image's repository in overrides",
        )
        return
    for path, _ in _repositories(version):
        given: Any = values.overrides
        for key in path:
            given = given.get(key) if isinstance(given, Mapping) else None
        if given is not None:
            yield Problem(
                f"{where}.overrides.{'.'.join(path)}",
                "must not be set next to image_registry, which every image comes from",
                given,
                "use one of the two",
            )


def _repositories(version: CiliumVersion) -> Iterator[tuple[tuple[str, ...], str]]:
    yield ("image", "repository"), "cilium/cilium"
    for path, image in _IMAGES.items():
        keys = tuple(path.split("."))
        yield ((*keys, "repository") if keys[-1] == "initImage" else (*keys, "image", "repository")), image
    if behaviour.chart.ZTUNNEL.holds(version):
        ztunnel = "cilium/ztunnel" if behaviour.chart.ZTUNNEL_OF_CILIUM.holds(version) else "istio/ztunnel"
        yield ("encryption", "ztunnel", "image", "repository"), ztunnel
