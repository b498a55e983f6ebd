"""The releases of Cilium that know a part of a policy."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.behaviour import Behaviour


@dataclass(frozen=True)
class Availability:
    """The releases that know a field or a word.

    Attributes:
        behaviour: The behaviour that these releases have.
        fix: What to do without it, as a clause.
    """

    behaviour: Behaviour
    fix: str = "leave it out, or install that release"


_LIST_RANGES: Final = "list the ranges"
_INGRESS: Final = ("IngressRule", "IngressDenyRule")
_EGRESS: Final = ("EgressRule", "EgressDenyRule")

FIELDS: Final[dict[tuple[str, str], Availability]] = {
    ("IngressRule", "authentication"): Availability(behaviour.policy.AUTHENTICATION),
    ("EgressRule", "authentication"): Availability(behaviour.policy.AUTHENTICATION),
    **dict.fromkeys(product(_INGRESS, ["from_nodes"]), Availability(behaviour.policy.NODE_PEERS)),
    **dict.fromkeys(product(_EGRESS, ["to_nodes"]), Availability(behaviour.policy.NODE_PEERS)),
    **dict.fromkeys(product(_INGRESS, ["from_groups"]), Availability(behaviour.policy.INGRESS_GROUPS)),
    ("CidrRule", "cidr_group_ref"): Availability(behaviour.policy.CIDR_GROUPS, _LIST_RANGES),
    ("CidrRule", "cidr_group_selector"): Availability(behaviour.policy.CIDR_GROUPS_BY_LABELS, _LIST_RANGES),
    ("PortProtocol", "end_port"): Availability(behaviour.policy.PORT_RANGES, "list the ports one by one"),
    ("PortRule", "server_names"): Availability(behaviour.policy.SERVER_NAMES),
    ("PortRule", "listener"): Availability(behaviour.policy.LISTENERS),
    ("Listener", "priority"): Availability(behaviour.policy.LISTENER_PRIORITY),
    ("Rule", "enable_default_deny"): Availability(behaviour.policy.ENABLE_DEFAULT_DENY),
    ("Rule", "log"): Availability(behaviour.policy.POLICY_LOG),
    **{
        ("L7Rules", name): Availability(behaviour.policy.KAFKA_RULES, "use an HTTP rule, or leave it out")
        for name in ("kafka", "l7proto", "l7")
    },
}
"""By part and field. Every release in the table knows the other fields."""

LITERALS: Final[dict[tuple[str, str], Availability]] = {
    ("protocol", "SCTP"): Availability(behaviour.policy.SCTP),
    **{
        (field, "cluster-mesh"): Availability(behaviour.policy.CLUSTER_MESH_ENTITY, "use cluster")
        for field in ("from_entities", "to_entities")
    },
    **{("protocol", name): Availability(behaviour.policy.VRRP_AND_IGMP) for name in ("VRRP", "IGMP")},
    **{
        ("protocol", name): Availability(behaviour.policy.TUNNEL_PROTOCOLS)
        for name in ("IPIP", "IPV6", "GRE", "ESP", "AH")
    },
}
"""By the field and the word in it."""
