"""The images that AWS publishes for nodes, as public parameters of Systems Manager.

https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html and retrieve-ami-id-bottlerocket.html.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

# belief: NODE-image-parameters
_PATHS = (
    re.compile(
        r"/aws/service/bottlerocket/aws-k8s-(?P<kubernetes>1\.\d+)(-(?P<flavor>nvidia|fips))?"
        r"/(?P<architecture>x86_64|arm64)/(?P<release>latest|\d+\.\d+\.\d+(-[0-9a-f]{8})?)/image_id"
    ),
    re.compile(
        r"/aws/service/eks/optimized-ami/(?P<kubernetes>1\.\d+)/amazon-linux-2023/"
        r"(?P<architecture>x86_64|arm64)/(?P<flavor>standard|nvidia|neuron)/"
        r"(?P<release>recommended|amazon-eks-node-al2023-(?P=architecture)-(?P=flavor)-(?P=kubernetes)-v\d{8})"
        r"/image_id"
    ),
    re.compile(
        r"/aws/service/eks/optimized-ami/(?P<kubernetes>1\.\d+)/amazon-linux-2(-(?P<flavor>arm64|gpu))?/"
        r"(?P<release>recommended|amazon-eks-(arm64-|gpu-)?node-(?P=kubernetes)-v\d{8})/image_id"
    ),
)
_MOVING = ("latest", "recommended")


@dataclass(frozen=True)
class Image:
    """An image of AWS.

    Attributes:
        id: ``ami-...``.
        family: ``bottlerocket``, ``al2023`` or ``al2``.
        kubernetes: The minor version that its kubelet has.
    """

    id: str
    family: str
    kubernetes: str


class PublishedImages:
    """The images behind the public parameters; `publish` gives the moving ones new ids, as AWS does."""

    def __init__(self) -> None:
        self._edition = 0
        self._known: dict[str, Image] = {}

    # belief: NODE-new-image-replaces-nodes
    def publish(self) -> None:
        """Publish new images."""
        self._edition += 1

    def find(self, parameter: str) -> Image | None:
        """The image that a public parameter names now; None for the name of no such parameter."""
        for family, pattern in zip(("bottlerocket", "al2023", "al2"), _PATHS, strict=True):
            if found := pattern.fullmatch(parameter):
                edition = self._edition if found["release"] in _MOVING else 0
                digest = hashlib.sha256(f"{parameter} {edition}".encode()).hexdigest()
                image = Image(f"ami-{digest[:17]}", family, found["kubernetes"])
                self._known[image.id] = image
                return image
        return None

    def by_id(self, image_id: str) -> Image | None:
        """The published image with an id; None for somebody's own image."""
        return self._known.get(image_id)
