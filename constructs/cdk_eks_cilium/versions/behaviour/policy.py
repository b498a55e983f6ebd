"""What policies may hold, and how agents read them."""

from __future__ import annotations

from typing import Final

from .behaviour import Behaviour

# What policies may hold: fields and words that came and went, and what agents refuse.

SERVER_NAMES: Final = Behaviour(
    "A port rule takes serverNames.",
    source="https://github.com/cilium/cilium/pull/22398",
    since="1.13",
)
LISTENERS: Final = Behaviour(
    "A port rule takes a listener.",
    source="https://github.com/cilium/cilium/pull/21600",
    since="1.13",
)
SHORT_GROUP_NAMES: Final = Behaviour(
    "A group of an expression may be named as in '(?<name>', which Go takes from 1.22 on.",
    source="https://go.dev/doc/go1.22#regexp/syntax; older releases were built with Go 1.18 to 1.21, such as "
    "https://github.com/cilium/cilium/pull/22599, and so were early patches of 1.14 and 1.15",
    since="1.14",
)
SCTP: Final = Behaviour(
    "A port may be of SCTP.",
    source="https://github.com/cilium/cilium/pull/20033; the CRD of 1.12.1 lacks it",
    since="1.13",
)
AUTHENTICATION: Final = Behaviour(
    "An item takes authentication; 1.13 had a similar field named auth.",
    source="https://github.com/cilium/cilium/pull/25761",
    since="1.14",
)
CIDR_GROUPS: Final = Behaviour(
    "A range in ingress may be a CiliumCIDRGroup.",
    source="https://github.com/cilium/cilium/pull/24638, merged after 1.13.0",
    since="1.14",
)
SERVICES_REFUSE_PORTS: Final = Behaviour(
    "Agents refuse toServices with toPorts in one item.",
    source="https://github.com/cilium/cilium/issues/20067",
    since="1.14",
    until="1.17",
)
NODE_PEERS: Final = Behaviour(
    "An item takes fromNodes or toNodes.",
    source="https://github.com/cilium/cilium/pull/26924; the chart has nodeSelectorLabels since 1.16.0",
    since="1.16",
)
INGRESS_GROUPS: Final = Behaviour(
    "An item takes fromGroups.",
    source="https://github.com/cilium/cilium/pull/30708",
    since="1.16",
)
CIDR_GROUPS_IN_EGRESS: Final = Behaviour(
    "A range in egress may be a CiliumCIDRGroup too.",
    source="https://github.com/cilium/cilium/pull/30624",
    since="1.16",
)
PORT_RANGES: Final = Behaviour(
    "A port takes an endPort, and agents read the endPort of a NetworkPolicy.",
    source="https://github.com/cilium/cilium/pull/32807",
    since="1.16",
)
LISTENER_PRIORITY: Final = Behaviour(
    "A listener takes a priority.",
    source="https://github.com/cilium/cilium/pull/28555, merged after 1.15.0",
    since="1.16",
)
ENABLE_DEFAULT_DENY: Final = Behaviour(
    "A rule takes enableDefaultDeny.",
    source="https://github.com/cilium/cilium/pull/30572",
    since="1.16",
)
ICMP_TYPES_BY_NAME: Final = Behaviour(
    "A type of ICMP may be a name.",
    source="https://github.com/cilium/cilium/pull/31900",
    since="1.16",
)
L7_RULES_NEED_A_PROTOCOL: Final = Behaviour(
    "The CRD refuses rules of a port without a protocol.",
    source="https://github.com/cilium/cilium/pull/32814",
    since="1.16",
)
CIDR_GROUPS_BY_LABELS: Final = Behaviour(
    "A range may be the CiliumCIDRGroups with some labels.",
    source="https://github.com/cilium/cilium/pull/36087",
    since="1.17",
)
CIDR_GROUPS_WITH_EXCEPT: Final = Behaviour(
    "A range that is a CiliumCIDRGroup takes except.",
    source="https://github.com/cilium/cilium/pull/36561",
    since="1.17",
)
RULES_NEED_AN_ITEM: Final = Behaviour(
    "Agents refuse a rule without an item in any section.",
    source="https://github.com/cilium/cilium/pull/35904",
    since="1.17",
)
HOST_DNS_RULES: Final = Behaviour(
    "A policy for nodes takes dns rules in egress.",
    source="https://github.com/cilium/cilium/pull/34024, merged after 1.16.0",
    since="1.17",
)
POLICY_LOG: Final = Behaviour(
    "A rule takes log.",
    source="https://github.com/cilium/cilium/pull/39902",
    since="1.18",
)
VRRP_AND_IGMP: Final = Behaviour(
    "A port may be of VRRP or IGMP.",
    source="https://github.com/cilium/cilium/pull/39872",
    since="1.18",
)
SERVER_NAME_PREFIXES: Final = Behaviour(
    "A server name may begin with '*.' or '**.'.",
    source="https://github.com/cilium/cilium/pull/38615",
    since="1.18",
)
SERVER_NAMES_FOLDED: Final = Behaviour(
    "Envoy compares server names without regard to case; before, that depends on its image.",
    source="https://github.com/cilium/proxy/pull/1242",
    since="1.18",
)
REQUIREMENTS: Final = Behaviour(
    "Agents require of peers what fromRequires and toRequires hold; newer ones refuse both.",
    source="https://github.com/cilium/cilium/pull/42615",
    until="1.19",
)
SERVER_NAME_PATTERNS: Final = Behaviour(
    "A server name may have '*' anywhere.",
    source="https://github.com/cilium/cilium/pull/43674",
    since="1.20",
)
LABEL_SOURCES_APART: Final = Behaviour(
    "The source of a label's key is apart from its length; before, 'k8s.' or 'any.' counts too.",
    source="https://github.com/cilium/cilium/pull/43536, merged after 1.19.0",
    since="1.20",
)
TUNNEL_PROTOCOLS: Final = Behaviour(
    "A port may be of IPIP, IPV6, GRE, ESP or AH.",
    source="https://github.com/cilium/cilium/pull/44459, merged after 1.19.0",
    since="1.20",
)
KAFKA_RULES: Final = Behaviour(
    "A port takes rules for Kafka and for extensions of Envoy, and Hubble counts requests of Kafka.",
    source="https://github.com/cilium/cilium/pull/43557",
    until="1.20",
)
POLICIES_JUDGED: Final = Behaviour(
    "The operator writes into the status of a policy whether it is valid.",
    source="https://github.com/cilium/cilium/pull/32727",
    since="1.16",
)
CLUSTER_MESH_ENTITY: Final = Behaviour(
    "The entity cluster-mesh means everything in every cluster of a mesh.",
    source="https://github.com/cilium/cilium/pull/46813; the CRDs take it with "
    "https://github.com/cilium/cilium/pull/47225, backported by https://github.com/cilium/cilium/pull/47397",
    since="1.20",
)
CLUSTER_NETWORK_POLICIES: Final = Behaviour(
    "Agents enforce ClusterNetworkPolicy of Kubernetes, where an option turns it on.",
    source="https://github.com/cilium/cilium/pull/47227; chart: k8sClusterNetworkPolicy.enabled",
    since="1.20",
)

# How agents read them.

RANGES_DENIED: Final = Behaviour(
    "A denial of a range wins over an allowed range too.",
    source="https://github.com/cilium/cilium/pull/26245, and on patches "
    "https://github.com/cilium/cilium/pull/26140 and https://github.com/cilium/cilium/pull/25514",
    since="1.14",
    backports=("1.12.11", "1.13.3"),
)
EMPTY_PEERS_ARE_NOBODY: Final = Behaviour(
    "An empty list of peers with ports means nobody; before, everyone.",
    source="https://github.com/cilium/cilium/pull/29608",
    since="1.16",
)
NAMESPACES_BY_LABELS: Final = Behaviour(
    "A selector with labels of namespaces also selects pods outside the policy's own namespace.",
    source="https://github.com/cilium/cilium/pull/30650",
    since="1.16",
)
SERVICES_MEAN_PODS: Final = Behaviour(
    "A Service stands for the pods that it selects; before, a Service with a selector stood for nothing.",
    source="https://github.com/cilium/cilium/pull/34208",
    since="1.17",
)
REQUESTS_PASS_UNISOLATED: Final = Behaviour(
    "Rules that read requests refuse nothing where no policy isolates.",
    source="https://github.com/cilium/cilium/pull/38841, and on patches "
    "https://github.com/cilium/cilium/pull/40441",
    since="1.18",
    backports=("1.16.10", "1.17.5"),
)
NEIGHBOURS_LET_IN: Final = Behaviour(
    "An ipBlock in ingress of a NetworkPolicy lets the policy's own namespace in too: CVE-2026-56743.",
    source="https://github.com/cilium/cilium/pull/46456",
    since="1.19",
    until="1.19.5",
)
LOCAL_CLUSTER: Final = Behaviour(
    "A selector that names no cluster means the local one.",
    source="https://github.com/cilium/cilium/pull/40609",
    since="1.19",
)
SPANNING_WILDCARDS: Final = Behaviour(
    "'**.' at the start of a pattern of DNS names stands for one label or more.",
    source="https://github.com/cilium/cilium/pull/43420",
    since="1.19",
)
RANGES_MEAN_NODES: Final = Behaviour(
    "Ranges mean nodes, too, where policy-cidr-match-mode has nodes.",
    source="https://github.com/cilium/cilium/pull/27464; chart: policyCIDRMatchMode",
    since="1.15",
)
RULES_OF_ALL_ADDRESSES_LACK_NODES: Final = Behaviour(
    "A toCIDRSet or ipBlock of all addresses means no node, whatever policy-cidr-match-mode has.",
    source="https://github.com/cilium/cilium/issues/39656, "
    "https://github.com/cilium/cilium/pull/39693 merged on 2025-05-26",
    since="1.17",
    until="1.17.5",
)
ALL_ADDRESSES_LACK_NODES: Final = Behaviour(
    "A range of all addresses means no node, whatever policy-cidr-match-mode has.",
    source="https://github.com/cilium/cilium/issues/47827, open in November 2026",
    since="1.19",
)
RANGES_MEAN_PODS: Final = Behaviour(
    "Ranges mean pods, too, where policy-cidr-match-mode has pods.",
    source="https://github.com/cilium/cilium/pull/45194, merged after 1.19.0",
    since="1.20",
)
RANGES_NEVER_MEAN_PODS: Final = Behaviour(
    "Agents know only nodes as a word of policy-cidr-match-mode.",
    source="https://github.com/cilium/cilium/pull/45194, merged after 1.19.0",
    until="1.20",
)
PORT_NAMES_PER_POD: Final = Behaviour(
    "A port name in egress is the destination's; before, it meant one number in the whole cluster.",
    source="https://github.com/cilium/cilium/pull/44429",
    since="1.20",
)
