"""What is wrong with a node group, except in the network of its instance types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cdk_eks_cilium.problems import Problem

from .accelerators import accelerator_of
from .image import IMAGES, LATEST
from .props import DEFAULTS, LARGEST_VOLUME_GIB, SMALLEST_VOLUME_GIB, NodeGroupProps
from .taint import AGENT_NOT_READY

MOST_UNAVAILABLE: Final = 100
"""https://docs.aws.amazon.com/eks/latest/APIReference/API_NodegroupUpdateConfig.html"""

_NAMES: Final = {"nvidia": "NVIDIA GPUs", "neuron": "Inferentia or Trainium chips"}


def node_group_problems(place: str, group: NodeGroupProps) -> Iterator[Problem]:
    """Yield a problem for everything that is wrong, except in the network of the instance types.

    Args:
        place: The text before the name of a property: ``node_groups[0].`` or ``Stack/Workers: ``.
    """
    if group.image not in IMAGES:
        fix = f"use '{DEFAULTS.image}'"
        yield Problem(f"{place}image", f"must be one of {', '.join(IMAGES)}", group.image, fix, id="CEK3051")
    yield from group.size.problems(place)
    if not SMALLEST_VOLUME_GIB <= group.volume_size_gib <= LARGEST_VOLUME_GIB:
        rule = f"must be from {SMALLEST_VOLUME_GIB} to {LARGEST_VOLUME_GIB}"
        fix = f"{DEFAULTS.volume_size_gib} holds the usual images"
        yield Problem(f"{place}volume_size_gib", rule, group.volume_size_gib, fix, id="CEK3052")
    yield from _image(place, group)
    yield from _chips(place, group)
    yield from _taints(place, group)
    yield from _update(place, group)
    yield from _system(place, group)


def _image(place: str, group: NodeGroupProps) -> Iterator[Problem]:
    image = IMAGES.get(group.image)
    if image is not None and not image.has_release(group.image_version):
        yield Problem(
            f"{place}image_version",
            f"must be '{LATEST}' or a release of {image.name}",
            group.image_version,
            f"for example '{image.release_example}'",
            id="CEK3056",
        )
    if group.ami_id is None:
        return
    # A token of CDK has another form, and the deployment judges it.
    if "${" not in group.ami_id and not re.fullmatch(r"ami-[0-9a-f]{8,17}", group.ami_id):
        fix = "for example 'ami-0123456789abcdef0'"
        yield Problem(f"{place}ami_id", "must be the id of an image", group.ami_id, fix, id="CEK3057")
    if group.image_version != LATEST:
        yield Problem(
            f"{place}image_version",
            "must be left out with ami_id, which is one image",
            group.image_version,
            "leave one of them out",
            id="CEK3058",
        )


def _chips(place: str, group: NodeGroupProps) -> Iterator[Problem]:
    image = IMAGES.get(group.image)
    if image is not None and group.accelerator is not None and group.accelerator not in image.accelerators:
        fix = "use image 'bottlerocket' or 'al2023'"
        rule = f"must be left out with image '{image.name}', which has no such drivers here"
        yield Problem(f"{place}accelerator", rule, group.accelerator, fix, id="CEK3059")
    for name in dict.fromkeys(group.instance_types):
        chips = accelerator_of(name)
        if chips == group.accelerator:
            continue
        if chips is not None:
            yield Problem(
                f"{place}instance_types",
                f"must not have {_NAMES[chips]} without accelerator '{chips}', whose image has their drivers",
                name,
                f"set accelerator to '{chips}', or choose another type",
                id="CEK3060",
            )
        elif group.accelerator is not None:
            yield Problem(
                f"{place}instance_types",
                f"must have {_NAMES[group.accelerator]} with accelerator '{group.accelerator}'",
                name,
                "choose such a type, or leave accelerator out",
                id="CEK3061",
            )


def _taints(place: str, group: NodeGroupProps) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(group.taints):
        where = f"{place}taints[{index}]"
        yield from taint.problems(where)
        if taint.key == AGENT_NOT_READY.key:
            rule = "must not be Cilium's own taint, which every node has until Cilium runs there"
            yield Problem(where, rule, taint.key, "leave it out", id="CEK3062")
        if (taint.key, taint.effect) in seen:
            rule = "must have each key once for an effect"
            yield Problem(where, rule, str(taint), "remove one of them", id="CEK3063")
        seen.add((taint.key, taint.effect))


def _update(place: str, group: NodeGroupProps) -> Iterator[Problem]:
    given = {
        "max_unavailable": group.max_unavailable,
        "max_unavailable_percentage": group.max_unavailable_percentage,
    }
    for name, value in given.items():
        if value is not None and not 1 <= value <= MOST_UNAVAILABLE:
            rule = f"must be from 1 to {MOST_UNAVAILABLE}"
            yield Problem(f"{place}{name}", rule, value, "leave it out for one node at a time", id="CEK3064")
    if None not in given.values():
        yield Problem(
            f"{place}max_unavailable_percentage",
            "must be left out with max_unavailable",
            group.max_unavailable_percentage,
            "leave one of them out",
            id="CEK3065",
        )


def _system(place: str, group: NodeGroupProps) -> Iterator[Problem]:
    if group.proxy is not None and not re.fullmatch(r"https?://[^\s/\"']+(:[0-9]+)?/?", group.proxy.url):
        fix = "for example 'http://proxy.example.com:3128'"
        yield Problem(
            f"{place}proxy.url", "must be a URL with http or https", group.proxy.url, fix, id="CEK3066"
        )
    for name, pem in (group.certificates or {}).items():
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", name):
            rule = "must have names of at most 63 lower-case letters, digits and hyphens"
            yield Problem(f"{place}certificates", rule, name, "for example 'corporate'", id="CEK3067")
        if not _is_pem(pem):
            yield Problem(
                f"{place}certificates.{name}",
                "must be certificates in PEM",
                fix="it begins with -----BEGIN CERTIFICATE-----",
                id="CEK3068",
            )


def _is_pem(text: str) -> bool:
    block = r"-----BEGIN CERTIFICATE-----\s[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----"
    return re.fullmatch(rf"\s*({block}\s*)+", text) is not None
