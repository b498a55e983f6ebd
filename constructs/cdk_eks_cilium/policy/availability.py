"""Since when, and until when, Cilium knows the parts of a policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Availability:
    """The minors that know something.

    Attributes:
        since: The first one; None if it is older than all that the library installs.
        until: The first one that no longer does; None if the newest does.
        fix: What to do without it, as a clause.
    """

    since: str | None = None
    until: str | None = None
    fix: str = ""


def _since(minor: str, fix: str = "leave it out, or install that release") -> Availability:
    return Availability(since=minor, fix=fix)


FIELDS: Final[dict[tuple[str, str], Availability]] = {
    # 1.13 had something like it under the name auth (https://github.com/cilium/cilium/pull/26245).
    **{(item, "authentication"): _since("1.14") for item in ("IngressRule", "EgressRule")},
    **{(item, "from_nodes"): _since("1.16") for item in ("IngressRule", "IngressDenyRule")},
    **{(item, "to_nodes"): _since("1.16") for item in ("EgressRule", "EgressDenyRule")},
    **{(item, "from_groups"): _since("1.16") for item in ("IngressRule", "IngressDenyRule")},
    # https://github.com/cilium/cilium/pull/24638, merged after 1.13.0.
    ("CidrRule", "cidr_group_ref"): _since("1.14", "list the ranges"),
    # https://github.com/cilium/cilium/pull/36087
    ("CidrRule", "cidr_group_selector"): _since("1.17", "list the ranges"),
    # https://github.com/cilium/cilium/pull/32807
    ("PortProtocol", "end_port"): _since("1.16", "list the ports one by one"),
    # https://github.com/cilium/cilium/pull/22398
    ("PortRule", "server_names"): _since("1.13"),
    # https://github.com/cilium/cilium/pull/21600
    ("PortRule", "listener"): _since("1.13"),
    # https://github.com/cilium/cilium/pull/28555, merged after 1.15.0.
    ("Listener", "priority"): _since("1.16"),
    # https://github.com/cilium/cilium/pull/30572
    ("Rule", "enable_default_deny"): _since("1.16"),
    # https://github.com/cilium/cilium/pull/39902
    ("Rule", "log"): _since("1.18"),
    **{
        ("L7Rules", name): Availability(until="1.20", fix="use an HTTP rule, or none")
        for name in ("kafka", "l7proto", "l7")
    },
}
"""By the name of the part and its field; what is not here, 1.12 to 1.20 have."""

LITERALS: Final[dict[tuple[str, str], Availability]] = {
    # Not in the CRD of 1.12.1.
    ("protocol", "SCTP"): _since("1.13"),
    # https://github.com/cilium/cilium/pull/39872
    ("protocol", "VRRP"): _since("1.18"),
    ("protocol", "IGMP"): _since("1.18"),
    # https://github.com/cilium/cilium/pull/44459, merged after 1.19.0.
    **{("protocol", name): _since("1.20") for name in ("IPIP", "IPV6", "GRE", "ESP", "AH")},
}
"""By the field and the word in it."""
