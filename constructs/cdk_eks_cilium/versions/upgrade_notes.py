"""What to know before a cluster goes to a minor of Cilium, beyond keys and defaults.

From the upgrade notes of each release (https://docs.cilium.io/en/stable/operations/upgrade/), the notes about
what this library installs: ENI mode, prefixes, egress, Hubble, policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NOTES: Final[Mapping[str, tuple[str, ...]]] = {
    "1.13": (
        "the operator deletes unused interfaces with the tags of the cluster every five minutes",
        "a node without free /28 prefixes falls back to single addresses, and stays with them "
        "(https://github.com/cilium/cilium/issues/46644)",
    ),
    "1.14": (
        "the agent writes 05-cilium.conflist, and moves CNI files of others out of the way",
        "policies with toServices and toPorts together are refused until 1.17 "
        "(https://github.com/cilium/cilium/issues/20067)",
    ),
    "1.15": ("agents no longer fall back from eBPF masquerading to iptables: they refuse to start",),
    "1.16": (
        "Envoy moves from the agents to pods of its own; connections through the proxy break once",
        "agents need Linux 5.4",
    ),
    "1.17": ("the MTU of pods is detected anew, without the interfaces that only pods use",),
    "1.18": (
        "masquerading is off in ENI mode unless the values turn it on; this library does",
        "agents need Linux 5.10",
        "the operator tolerates fewer taints: name the taints of your nodes in operator.tolerations",
    ),
    "1.19": (
        "pod subnets and first interface move from the CNI ConfigMap to the values; nodes keep their "
        "interfaces",
        "a job in the cluster makes Hubble's certificates from here on, and a roll-back of this step does "
        "not work by itself: Helm refuses Secrets that it did not make",
        "the operator gives unused prefixes back for the first time: expect UnassignPrivateIpAddresses calls",
        "selectors without a cluster mean the local cluster, and mutual authentication is off by default",
        "fromRequires and toRequires in policies must be empty",
    ),
    "1.20": (
        "ENI addresses come from a rewritten allocator; take 1.20.2 or newer with prefixes "
        "(https://github.com/cilium/cilium/pull/48193)",
        "Kafka rules in policies are gone, and a policy without any rule is refused",
        "CiliumNodeConfig of v2alpha1 is gone",
    ),
}
"""Notes by the minor that a cluster goes to."""
