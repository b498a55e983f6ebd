"""What the nodes of each group boot, and what follows from it: for people, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cdk_eks_cilium.nodes import LATEST

from .model import Settings
from .node_group import NodeGroupSettings


@dataclass(frozen=True)
class Booted:
    """The nodes of a group.

    Attributes:
        group: Its name.
        image: The image and its release.
        capacity: ``on-demand`` or ``spot``.
        zones: Where they run.
        also: What else is chosen for them.
    """

    group: str
    image: str
    capacity: str
    zones: tuple[str, ...]
    also: tuple[str, ...]


def booting(settings: Settings) -> tuple[Booted, ...]:
    """Return what the nodes of each group boot."""
    return tuple(
        Booted(
            group=group.name,
            image=_image(group),
            capacity=group.capacity,
            zones=tuple(group.zones or settings.network.availability_zones),
            also=tuple(_also(group)),
        )
        for group in settings.node_groups
    )


def booting_notes(settings: Settings) -> Iterator[str]:
    """Yield what somebody must know or do."""
    groups = settings.node_groups
    latest = [each.name for each in groups if each.ami_id is None and each.image_version == LATEST]
    if latest:
        yield (
            f"The newest image, of {', '.join(latest)}: each deploy, also of the same settings, replaces "
            "the nodes if AWS has published an image since; image_version pins one"
        )
    for arn in dict.fromkeys(each.volume_key_arn for each in groups if each.volume_key_arn):
        yield f"The policy of {arn} must let AWSServiceRoleForAutoScaling use it, or no node starts"
    own = [each.name for each in groups if each.ami_id is not None]
    if own:
        yield f"The images of {', '.join(own)} are yours: name others for a new kubernetes_version"


def _image(group: NodeGroupSettings) -> str:
    if group.ami_id is not None:
        return f"{group.image} {group.ami_id}"
    return " ".join(filter(None, (group.image, group.image_version, group.accelerator)))


def _also(group: NodeGroupSettings) -> Iterator[str]:
    for taint in group.props.taints:
        yield f"taint {taint}"
    if group.max_unavailable_percentage is not None:
        yield f"updates {group.max_unavailable_percentage} % at a time"
    elif group.max_unavailable is not None:
        yield f"updates {group.max_unavailable} at a time"
    chosen = {
        "node repair": group.node_repair,
        "Systems Manager": group.ssm_access,
        "a role of your own": group.node_role_arn,
        "a key of your own": group.volume_key_arn,
        "a proxy": group.proxy,
        "certificate authorities": group.certificates,
    }
    yield from (name for name, value in chosen.items() if value)
