"""What to know before a cluster goes to a minor of Cilium, beyond keys and defaults of its chart.

From the upgrade notes of each release, ``Documentation/operations/upgrade.rst`` at its tag, the notes about
what this library installs: ENI mode, prefixes, egress, Hubble, policies. What differs by the values
themselves, such as Hubble's Secrets, is worked out in `cdk_eks_cilium.values.upgrade`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from .cilium import CiliumVersion

Kind = Literal["crds", "refuses", "one-way", "window", "nodes", "meaning", "default"]
"""``crds``: what must be in the cluster first, or leaves it. ``refuses``: what the release takes no more.
``one-way``: what does not go back by itself. ``window``: what only this minor does, so that it must run.
``nodes``: what the nodes must have. ``meaning``: what works in another way. ``default``: what changes where
nobody chose."""


@dataclass(frozen=True)
class Note:
    """A note about an upgrade.

    Attributes:
        kind: What it is about.
        text: A sentence without its full stop.
        source: Where Cilium says so.
        only: The chart value that must be on for the note to matter. By default it always does.
    """

    kind: Kind
    text: str
    source: str
    only: str = ""


def _guide(minor: str) -> str:
    return f"https://docs.cilium.io/en/v{minor}/operations/upgrade/"


_ENCRYPTED: Final = "encryption.enabled"

NOTES: Final[Mapping[str, tuple[Note, ...]]] = {
    "1.13": (
        Note(
            "meaning",
            "the operator deletes unused interfaces with the tags of the cluster every five minutes",
            _guide("1.13"),
        ),
        Note(
            "meaning",
            "a node without free /28 prefixes falls back to single addresses, and stays with them",
            "https://github.com/cilium/cilium/issues/46644",
        ),
    ),
    "1.14": (
        Note(
            "refuses",
            "policies with toServices and toPorts together are refused until 1.17",
            "https://github.com/cilium/cilium/issues/20067",
        ),
        Note(
            "meaning",
            "the agent writes 05-cilium.conflist, and moves CNI files of others out of the way",
            _guide("1.14"),
        ),
    ),
    "1.15": (
        Note(
            "refuses",
            "agents no longer fall back from eBPF masquerading to iptables: they refuse to start",
            _guide("1.15"),
        ),
    ),
    "1.16": (
        Note(
            "crds",
            "spec.cidrs of a CiliumLoadBalancerIPPool ends; write spec.blocks before",
            _guide("1.16"),
        ),
        Note(
            "refuses",
            "the API server refuses policies with several layer 7 protocols at one port, or over 40 ports",
            _guide("1.16"),
        ),
        Note(
            "window",
            "with toFQDNs in policies come from 1.15.6 or newer, or their connections drop for a moment",
            _guide("1.16"),
        ),
        Note("nodes", "agents need Linux 5.4", _guide("1.16")),
        Note(
            "meaning",
            "an empty list of peers in a policy, such as fromEndpoints: [], selects nobody",
            _guide("1.16"),
        ),
        Note(
            "meaning",
            "on Linux 6.6 and newer, agents attach their programs by tcx; if other programs use the older "
            "way, set bpf.enableTCX to false",
            _guide("1.16"),
        ),
        Note(
            "default",
            "Envoy moves from the agents to pods of its own, one more on each node; connections through the "
            "proxy break once",
            _guide("1.16"),
        ),
    ),
    "1.17": (
        Note(
            "refuses",
            "a policy without any rule is refused",
            "pkg/policy/api/rule_validation.go of 1.17.0; tests/unit/policy/test_validity.py",
        ),
        Note(
            "meaning",
            "the MTU of pods is detected anew, without the interfaces that only pods use, and all the time",
            _guide("1.17"),
        ),
        Note(
            "meaning",
            "Services at one port with several protocols are told apart, once they are made anew",
            _guide("1.17"),
        ),
        Note(
            "meaning",
            "IPsec uses a key for each tunnel, whatever the Secret says",
            _guide("1.17"),
            _ENCRYPTED,
        ),
        Note(
            "default",
            "Secrets that policies name are copied to cilium-secrets, and agents read that namespace alone",
            "templates/_helpers.tpl of chart 1.17.18, secretSync.enabled",
        ),
    ),
    "1.18": (
        Note("nodes", "agents need Linux 5.10", _guide("1.18")),
        Note(
            "meaning",
            "the operator tolerates fewer taints: name the taints of your nodes in operator.tolerations",
            "operator.tolerations of chart 1.18.12",
        ),
        Note(
            "default",
            "masquerading is off in ENI mode unless the values turn it on; this library writes what it wants",
            "https://github.com/cilium/cilium/pull/38663",
        ),
    ),
    "1.19": (
        Note(
            "crds",
            "change CiliumLoadBalancerIPPools to apiVersion cilium.io/v2, which 1.20 takes alone",
            _guide("1.19"),
        ),
        Note(
            "crds",
            "CiliumBGPPeeringPolicy ends; move to CiliumBGPClusterConfig and the like of cilium.io/v2 before",
            _guide("1.19"),
        ),
        Note("refuses", "fromRequires and toRequires in policies must be empty", _guide("1.19")),
        Note(
            "window",
            "take egress-multi-home-ip-rule-compat out while the cluster runs 1.18, whose agents move the "
            "routing rules of interfaces to the form that 1.19 expects",
            _guide("1.19"),
            "extraConfig.egress-multi-home-ip-rule-compat",
        ),
        Note(
            "meaning",
            "pod subnets and first interface move from the CNI ConfigMap to the values; nodes keep their "
            "interfaces",
            "https://github.com/cilium/cilium/pull/43086",
        ),
        Note(
            "meaning",
            "the operator gives unused prefixes back for the first time: expect UnassignPrivateIpAddresses "
            "calls",
            "https://github.com/cilium/cilium/issues/32209",
            "eni.awsReleaseExcessIPs",
        ),
        Note(
            "meaning",
            "a pattern that begins with **. in the DNS rules of a policy matches subdomains of all levels",
            _guide("1.19"),
        ),
        Note(
            "meaning",
            "IPsec with kube-proxy replaced and eBPF masquerading turns eBPF host routing on, which needs a "
            "kernel with the fix c4327229948879814229b46aa26a750718888503",
            _guide("1.19"),
            _ENCRYPTED,
        ),
        Note(
            "default",
            "selectors without a cluster mean the local cluster, and mutual authentication is off by default",
            _guide("1.19"),
        ),
    ),
    "1.20": (
        Note(
            "crds",
            "CiliumNodeConfig of v2alpha1 is gone: change your objects to cilium.io/v2 before",
            "https://github.com/cilium/cilium/releases/tag/v1.20.0",
        ),
        Note(
            "crds",
            "CiliumLoadBalancerIPPool of v2alpha1 is gone: change your objects to cilium.io/v2 before",
            "https://github.com/xunholy/k8s-gitops/pull/4209",
        ),
        Note(
            "refuses",
            "Kafka rules in policies and Envoy's Go extensions are gone",
            "https://github.com/cilium/cilium/releases/tag/v1.20.0",
        ),
        Note(
            "window",
            "1.20 writes the addresses of a node in the old form and in the new one, so that 1.19 can come "
            "back; 1.21 writes the new one alone, so a cluster must run 1.20 before 1.21",
            "https://github.com/cilium/design-cfps/pull/87",
        ),
        Note(
            "meaning",
            "ENI addresses come from a rewritten allocator; take 1.20.2 or newer with prefixes",
            "https://github.com/cilium/cilium/pull/48193",
        ),
        Note(
            "meaning",
            "a CNI configuration of your own should name cniVersion 1.0.0",
            "https://github.com/cilium/cilium/releases/tag/v1.20.0",
        ),
        Note(
            "default",
            "agents configure Envoy by one stream, envoy.xdsMode ads",
            "templates/_helpers.tpl of chart 1.20.0, envoy.xdsMode",
        ),
    ),
}
"""Notes by the minor that a cluster goes to."""

GATEWAY_API: Final[Mapping[str, str]] = {
    "1.16": "1.1.0",
    "1.17": "1.2.0",
    "1.18": "1.3.0",
    "1.19": "1.4.1",
    "1.20": "1.6.1",
}
"""The release of Gateway API whose CRDs a minor needs, if it serves Gateways.

``Documentation/network/servicemesh/gateway-api/installation.rst`` of each tag; for 1.18, whose page names
1.2.0, https://github.com/cilium/cilium/issues/44816, and for 1.20 its upgrade notes: it needs TLSRoute of v1.
"""


@dataclass(frozen=True)
class Definitions:
    """Cilium's own CRDs that come and go with a minor; its operator registers them.

    Attributes:
        new: Their names before ``.cilium.io``.
        gone: Those that the operator no longer registers. Kubernetes keeps them and their objects.
    """

    new: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


DEFINITIONS: Final[Mapping[str, Definitions]] = {
    "1.13": Definitions(
        new=("ciliumloadbalancerippools", "ciliumnodeconfigs"),
        gone=("ciliumbgploadbalancerippools", "ciliumegressnatpolicies"),
    ),
    "1.14": Definitions(new=("ciliumcidrgroups", "ciliuml2announcementpolicies", "ciliumpodippools")),
    "1.15": Definitions(
        new=(
            "ciliumbgpadvertisements",
            "ciliumbgpclusterconfigs",
            "ciliumbgpnodeconfigoverrides",
            "ciliumbgpnodeconfigs",
            "ciliumbgppeerconfigs",
        )
    ),
    "1.18": Definitions(new=("ciliumgatewayclassconfigs",), gone=("ciliumexternalworkloads",)),
    "1.19": Definitions(gone=("ciliumbgppeeringpolicies",)),
    "1.20": Definitions(new=("ciliumdatapathplugins",)),
}
"""By minor; read from the operator's ClusterRole in the newest chart of each, as ``tests/charts`` does."""

DROPPED_VERSIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "1.20": {"ciliumloadbalancerippools": "v2alpha1", "ciliumnodeconfigs": "v2alpha1"},
}
"""Versions of CRDs that a minor drops, by the CRDs' names before ``.cilium.io``; the notes have the sources.

The API refuses a CRD without a version in which it ever stored an object:
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/.
"""

KEPT_DEFAULTS: Final[Mapping[str, str]] = {
    "1.16": "envoy.enabled",
    "1.17": "tls.secretSync.enabled",
    "1.18": "enableIPv4Masquerade",
    "1.20": "envoy.xdsMode",
}
"""The chart value whose default a minor changed, and whose old default ``upgradeCompatibility`` keeps.

``semverCompare`` in ``cilium-configmap.yaml`` and ``_helpers.tpl`` of the charts.
"""


def later_definitions(version: CiliumVersion) -> frozenset[str]:
    """The names of the CRDs that came with minors after a release."""
    return frozenset(
        name for minor, change in DEFINITIONS.items() if not version.at_least(minor) for name in change.new
    )


def dropped_soon(version: CiliumVersion) -> Iterator[tuple[str, str, str]]:
    """Yield the versions of CRDs that a release or the next minor drops, as minor, name and version."""
    for minor, dropped in DROPPED_VERSIONS.items():
        if version.at_least(minor) or _next(version.minor) == minor:
            for name, old in dropped.items():
                yield minor, name, old


def _next(minor: str) -> str:
    major, number = minor.split(".")
    return f"{major}.{int(number) + 1}"
