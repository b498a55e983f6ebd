"""What a network of EC2 does not carry, and what has no place in native routing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .configuration import Configuration
from .rule import Caution, Contradiction

_ARP: Final = (
    "a VPC has no broadcast: it answers ARP itself, and only for addresses that it gave to an interface"
)
_VPC: Final = "https://docs.aws.amazon.com/vpc/latest/userguide/what-is-amazon-vpc.html"
_TAGS: Final = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions"
_MOST_TAGS: Final = 50
_LOAD_BALANCER: Final = "remove it, and use load balancers of AWS"


def _tags(given: Configuration) -> dict[str, str]:
    """The tags that the operator gives interfaces, with the library's own."""
    tags = given.get("eni.eniTags")
    return {str(key): str(value) for key, value in tags.items()} if isinstance(tags, Mapping) else {}


CONTRADICTIONS: Final = (
    Contradiction(
        id="CEK2330",
        name="addresses of Services announced by ARP",
        setting="l2announcements.enabled",
        broken=lambda given: given.on("l2announcements.enabled"),
        rule=f"does not work on EC2: {_ARP}",
        fix=_LOAD_BALANCER,
        source=f"https://docs.cilium.io/en/stable/network/l2-announcements/; {_VPC}",
    ),
    Contradiction(
        id="CEK2331",
        name="addresses of pods announced by ARP",
        setting="l2podAnnouncements.enabled",
        broken=lambda given: given.on("l2podAnnouncements.enabled"),
        rule=f"does not work on EC2: {_ARP}",
        fix="remove it, the VPC knows the addresses of pods",
        source=_VPC,
    ),
    Contradiction(
        id="CEK2332",
        name="multicast without a tunnel",
        setting="multicast-enabled",
        broken=lambda given: given.on("multicast-enabled"),
        rule="does not work here: Cilium sends multicast through its tunnel, and these clusters route "
        "natively",
        fix="remove it; a transit gateway carries multicast between instances",
        source="https://docs.cilium.io/en/stable/network/multicast/",
    ),
    Contradiction(
        id="CEK2333",
        name="VTEP without a tunnel",
        setting="vtep.enabled",
        broken=lambda given: given.on("vtep.enabled"),
        rule="does not work here: VTEPs speak VXLAN, and these clusters route natively",
        fix="remove it",
        source="https://docs.cilium.io/en/stable/network/vtep/",
    ),
    Contradiction(
        id="CEK2334",
        name="SRv6 without IPv6",
        setting="enable-srv6",
        broken=lambda given: given.on("enable-srv6") and not given.on("ipv6.enabled"),
        rule="needs ipv6.enabled: agents do not start without it",
        fix="remove it",
        source="daemon/cmd/daemon_main.go",
    ),
    Contradiction(
        id="CEK2335",
        name="ranges of nodes announced by BGP",
        setting="bgp.announce.podCIDR",
        broken=lambda given: given.on("bgp.announce.podCIDR"),
        rule="must be false in ENI mode, where a node has no range for its pods: agents do not start",
        fix="remove it, the VPC knows the addresses of pods",
        source="daemon/cmd/daemon_main.go",
    ),
    Contradiction(
        id="CEK2336",
        name="ipcache without pods",
        setting="highScaleIPcache.enabled",
        broken=lambda given: given.on("highScaleIPcache.enabled"),
        rule="must be false on EC2: it needs loadBalancer.mode 'dsr' with Geneve, and EC2's "
        "source/destination check drops its packets",
        fix="remove it",
        source="daemon/cmd/kube_proxy_replacement.go, daemon/cmd/daemon_main.go",
    ),
    Contradiction(
        id="CEK2390",
        name="tags that only AWS may set",
        setting="eni.eniTags",
        broken=lambda given: any(key.lower().startswith("aws:") for key in _tags(given)),
        rule="must have no key that starts with 'aws:': EC2 keeps these to itself, and the operator gets no "
        "interface",
        fix="choose other keys",
        source=_TAGS,
    ),
    Contradiction(
        id="CEK2391",
        name="tags that are too long",
        setting="eni.eniTags",
        broken=lambda given: any(
            not 1 <= len(key) <= 128 or len(value) > 256 for key, value in _tags(given).items()
        ),
        rule="must have keys of 1 to 128 characters with values of at most 256, or EC2 refuses "
        "every interface",
        fix="shorten them",
        source=_TAGS,
    ),
    Contradiction(
        id="CEK2392",
        name="more tags than EC2 takes",
        setting="eni.eniTags",
        broken=lambda given: len(_tags(given)) > _MOST_TAGS,
        rule=f"must be at most {_MOST_TAGS} with the two that Cilium finds its interfaces by, or EC2 refuses "
        "every interface",
        fix="remove some",
        source=_TAGS,
    ),
)

CAUTIONS: Final[tuple[Caution, ...]] = ()
