"""Peers that Cilium has no field for in some sections."""

from __future__ import annotations

from typing import Final

_NAMES: Final = "must not be names: Cilium learns addresses of names from the answers that its own pods get"
_SERVICE: Final = (
    "must not be a Service: traffic comes from pods",
    "use Peer.pods with the labels of the pods behind it",
)

UNUSABLE: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("fqdns", "ingress"): (_NAMES, "use Peer.cidr, or allow_to"),
    ("fqdns", "ingress_deny"): (_NAMES, "use Peer.cidr"),
    ("fqdns", "egress_deny"): (
        "must not be names: Cilium denies no names",
        "deny Peer.cidr, or allow only the names that are wanted: what nothing allows is denied",
    ),
    ("services", "ingress"): _SERVICE,
    ("services", "ingress_deny"): _SERVICE,
}
"""By the kind of the peer and the section: the rule, and the fix."""
