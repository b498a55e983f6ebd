"""Which releases of Cilium know the parts of a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.behaviour import Behaviour


@dataclass(frozen=True)
class Availability:
    """Which releases know something.

    Attributes:
        behaviour: What these releases do.
        fix: What to do without it, as a clause.
    """

    behaviour: Behaviour
    fix: str = "leave it out, or install that release"


_LIST_RANGES: Final = "list the ranges"

FIELDS: Final[dict[tuple[str, str], Availability]] = {
    **{
        (item, "authentication"): Availability(behaviour.policy.AUTHENTICATION)
        for item in ("IngressRule", "EgressRule")
    },
    **{
        (item, "from_nodes"): Availability(behaviour.policy.NODE_PEERS)
        for item in ("IngressRule", "IngressDenyRule")
    },
    **{
        (item, "to_nodes"): Availability(behaviour.policy.NODE_PEERS)
        for item in ("EgressRule", "EgressDenyRule")
    },
    **{
        (item, "from_groups"): Availability(behaviour.policy.INGRESS_GROUPS)
        for item in ("IngressRule", "IngressDenyRule")
    },
    ("CidrRule", "cidr_group_ref"): Availability(behaviour.policy.CIDR_GROUPS, _LIST_RANGES),
    ("CidrRule", "cidr_group_selector"): Availability(behaviour.policy.CIDR_GROUPS_BY_LABELS, _LIST_RANGES),
    ("PortProtocol", "end_port"): Availability(behaviour.policy.PORT_RANGES, "list the ports one by one"),
    ("PortRule", "server_names"): Availability(behaviour.policy.SERVER_NAMES),
    ("PortRule", "listener"): Availability(behaviour.policy.LISTENERS),
    ("Listener", "priority"): Availability(behaviour.policy.LISTENER_PRIORITY),
    ("Rule", "enable_default_deny"): Availability(behaviour.policy.ENABLE_DEFAULT_DENY),
    ("Rule", "log"): Availability(behaviour.policy.POLICY_LOG),
    **{
        ("L7Rules", name): Availability(behaviour.policy.KAFKA_RULES, "use an HTTP rule, or none")
        for name in ("kafka", "l7proto", "l7")
    },
}
"""By the name of the part and its field; every release of the table knows what is not here."""

LITERALS: Final[dict[tuple[str, str], Availability]] = {
    ("protocol", "SCTP"): Availability(behaviour.policy.SCTP),
    **{("protocol", name): Availability(behaviour.policy.VRRP_AND_IGMP) for name in ("VRRP", "IGMP")},
    **{
        ("protocol", name): Availability(behaviour.policy.TUNNEL_PROTOCOLS)
        for name in ("IPIP", "IPV6", "GRE", "ESP", "AH")
    },
}
"""By the field and the word in it."""
