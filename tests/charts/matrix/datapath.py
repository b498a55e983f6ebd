"""kube-proxy, routing on the node, encryption, rate limits, policies, and the number in a mesh."""

from __future__ import annotations

from cdk_eks_cilium.values import BandwidthManager, Egress, Encryption
from tests.charts.matrix.case import AGENT, AGENT_POD, MAINTAINED, OPERATOR, REPLACED, Case
from tests.charts.versions import REFS

HOST = "env[KUBERNETES_SERVICE_HOST].value"
PORT = "env[KUBERNETES_SERVICE_PORT].value"
FIRST_CONTAINER = f"{AGENT_POD}.spec.initContainers[config]"
AT_THE_API = {
    f"{container}.{name}": value
    for container in (AGENT, OPERATOR)
    for name, value in ((HOST, REFS.api_server_host), (PORT, "443"))
}
KEYS = f"{AGENT_POD}.spec.volumes[cilium-ipsec-secrets].secret.secretName"
KEYS_AT = f"{AGENT}.volumeMounts[cilium-ipsec-secrets].mountPath"
WAITS = f"{AGENT_POD}.spec.initContainers[wait-for-node-init].name"
ROUTED = {**REPLACED, "egress": Egress.pod()}

CASES = [
    Case(
        "kube-proxy is replaced, in the words of old charts",
        REPLACED,
        config={"kube-proxy-replacement": "strict"},
        fields=AT_THE_API,
        before="1.14",
    ),
    Case(
        "kube-proxy is replaced",
        REPLACED,
        config={"kube-proxy-replacement": "true"},
        fields={
            **AT_THE_API,
            f"{FIRST_CONTAINER}.{HOST}": REFS.api_server_host,
            f"{FIRST_CONTAINER}.{PORT}": "443",
        },
        since="1.14",
    ),
    Case(
        "packets pass the node's own stack",
        {"host_routing": "legacy"},
        config={"enable-host-legacy-routing": "true"},
        since=MAINTAINED,
    ),
    Case(
        "packets skip the node's own stack",
        {"host_routing": "ebpf"},
        beside=ROUTED,
        config={"enable-host-legacy-routing": "false"},
        since=MAINTAINED,
    ),
    Case(
        "WireGuard encrypts between nodes",
        {"encryption": Encryption.wireguard()},
        config={"enable-wireguard": "true"},
        since="1.14",
    ),
    Case(
        "WireGuard encrypts what nodes send, too",
        {"encryption": Encryption.wireguard(node_encryption=True)},
        config={"enable-wireguard": "true", "encrypt-node": "true"},
        since=MAINTAINED,
    ),
    Case(
        "IPsec encrypts by the key in a Secret",
        {"encryption": Encryption.ipsec("my-keys")},
        config={"enable-ipsec": "true", "ipsec-key-file": "/etc/ipsec/keys"},
        fields={KEYS: "my-keys", KEYS_AT: "/etc/ipsec"},
        since=MAINTAINED,
    ),
    Case(
        "IPsec takes the usual Secret",
        {"encryption": Encryption(type="ipsec")},
        config={"enable-ipsec": "true"},
        fields={KEYS: "cilium-ipsec-keys"},
        since=MAINTAINED,
    ),
    Case(
        "pods have rate limits",
        {"bandwidth_manager": BandwidthManager()},
        config={"enable-bandwidth-manager": "true", "enable-bbr": "false"},
        since=MAINTAINED,
    ),
    Case(
        "pods may use BBR",
        {"bandwidth_manager": BandwidthManager(bbr=True)},
        beside=ROUTED,
        config={"enable-bandwidth-manager": "true", "enable-bbr": "true"},
        since=MAINTAINED,
    ),
    Case(
        "nodes have a firewall",
        {"host_firewall": True},
        config={"enable-host-firewall": "true"},
        since=MAINTAINED,
    ),
    Case(
        "ClusterNetworkPolicies are enforced",
        {"cluster_network_policies": True},
        config={"enable-k8s-cluster-network-policy": "true"},
        since="1.20",
    ),
    Case(
        "maps have a larger share of a node's memory",
        {"map_size_ratio": 0.005},
        config={"bpf-map-dynamic-size-ratio": "0.005"},
        # The chart: "the ratio (0.0-1.0] of total system memory".
        refused=(
            ({"map_size_ratio": 0.0}, "must be more than 0"),
            ({"map_size_ratio": 1.5}, "must be at most 1"),
        ),
    ),
    *(
        Case(
            f"policies are enforced {mode}",
            {"policy_enforcement": mode},
            config={"enable-policy": mode},
            since=MAINTAINED,
        )
        for mode in ("always", "never")
    ),
    Case(
        "the cluster has a number in a mesh",
        {"cluster_id": 7},
        config={"cluster-id": "7"},
        refused=(
            ({"cluster_id": -1}, "must be at least 0"),
            ({"cluster_id": 512}, "must be at most 511"),
        ),
    ),
    Case(
        "the mesh has room for a number over 255",
        {"cluster_id": 300},
        config={"cluster-id": "300", "max-connected-clusters": "511"},
        since="1.15",
    ),
    Case(
        "nodes are prepared by a script, which agents wait for",
        {"node_init": True},
        fields={WAITS: "wait-for-node-init"},
        appear=frozenset({"DaemonSet/cilium-node-init"}),
        before="1.13",
    ),
]
