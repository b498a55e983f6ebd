"""Whether every image can come from a registry of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.problems import Problem
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.images import repositories
from cdk_eks_cilium.values.rendering.merge import override
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .cluster_name import is_token

REGISTRY_PATTERN: Final = (
    r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:[0-9]{1,5})?"
    r"(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
)
"""A registry's host, with an optional port and path."""

REGISTRY_RULE: Final = "must be the host of a registry, with a path if it has one, without scheme and tag"
REGISTRY_EXAMPLE: Final = "for example '111122223333.dkr.ecr.eu-west-1.amazonaws.com/mirror'"


def image_problems(values: CiliumValues, version: CiliumVersion, where: str) -> Iterator[Problem]:
    """Why the images of *values* cannot come from their registry."""
    registry = values.image_registry
    if registry is None:
        return
    at = f"{where}.image_registry"
    if not is_token(registry) and not re.fullmatch(REGISTRY_PATTERN, registry):
        yield Problem(at, REGISTRY_RULE, registry, REGISTRY_EXAMPLE, id="CEK2036")
    if not behaviour.chart.KNOWN_IMAGES.holds(version):
        yield Problem(
            at,
            f"is for the images of Cilium {behaviour.chart.KNOWN_IMAGES.since} and newer, not {version}",
            registry,
            "use a newer version, or name each image's repository in overrides",
            id="CEK2037",
        )
        return
    for path, _ in repositories(version):
        given = override(values, *path, otherwise=None)
        if given is not None:
            yield Problem(
                f"{where}.overrides.{'.'.join(path)}",
                "must not be set next to image_registry, which every image comes from",
                given,
                "use one of the two",
                id="CEK2038",
            )
