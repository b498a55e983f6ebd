"""What a large cluster has in kube-system: Cilium, CoreDNS and Hubble, healthy, and what they say.

Names, labels and options are the chart's: https://github.com/cilium/cilium/tree/v1.19.1/install/kubernetes/cilium.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from bench.large_cluster.objects import (
    BORN,
    POD_SUBNET_IDS,
    SYSTEM,
    Thing,
    address_of,
    managed,
    meta,
    node_address,
    node_name,
)
from bench.large_cluster.pods import pod
from cdk_eks_cilium.doctor.checks.views.definitions import SCHEMA, awaited
from cdk_eks_cilium.versions import CiliumVersion

_RELEASE: Final = CiliumVersion.DEFAULT
_FIRST_ADDRESS: Final = 30
"""Of the addresses of a node, the first that no pod of a team has."""
CONFIG: Final = {
    "agent-not-ready-taint-key": "node.cilium.io/agent-not-ready",
    "auto-create-cilium-node-resource": "true",
    "aws-enable-prefix-delegation": "true",
    "aws-release-excess-ips": "true",
    "bpf-map-dynamic-size-ratio": "0.0025",
    "cluster-id": "0",
    "cluster-name": "large",
    "cni-exclusive": "true",
    "custom-cni-conf": "false",
    "egress-masquerade-interfaces": "eth0",
    "enable-bpf-masquerade": "false",
    "enable-endpoint-routes": "true",
    "enable-hubble": "true",
    "enable-ipv4": "true",
    "enable-ipv4-masquerade": "true",
    "enable-ipv6": "false",
    "enable-policy": "default",
    "eni-first-interface-index": "1",
    "eni-subnet-ids": ",".join(POD_SUBNET_IDS),
    "eni-tags": "{}",
    "identity-allocation-mode": "crd",
    "ipam": "eni",
    "kube-proxy-replacement": "true",
    "operator-prometheus-serve-addr": ":9963",
    "prometheus-serve-addr": ":9962",
    "remove-cilium-node-taints": "true",
    "routing-mode": "native",
    "write-cni-conf-when-ready": "/host/etc/cni/net.d/05-cilium.conflist",
}
# Name, label and its value, container, image, and how many.
_DEPLOYMENTS: Final = (
    ("cilium-operator", "io.cilium/app", "operator", "cilium-operator", f"operator-aws:v{_RELEASE}", 2),
    ("coredns", "k8s-app", "kube-dns", "coredns", "coredns:v1.12.4-eksbuild.1", 2),
    ("hubble-relay", "k8s-app", "hubble-relay", "hubble-relay", f"hubble-relay:v{_RELEASE}", 1),
    ("hubble-ui", "k8s-app", "hubble-ui", "frontend", "hubble-ui:v0.13.3", 1),
)
_DAEMONS: Final = (("cilium", "cilium-agent", "cilium"), ("cilium-envoy", "cilium-envoy", "cilium-envoy"))


def system_pods(nodes: int) -> Iterator[Thing]:
    """The pods of kube-system: agents and Envoy on each node, and the rest on the first ones."""
    for node in range(nodes):
        for name, container, _ in _DAEMONS:
            labels = {"k8s-app": name, "pod-template-generation": "1"}
            yield pod(
                f"{name}-{node:05x}", SYSTEM, node, node_address(node), labels, ("DaemonSet", name), container
            )
    number = 0
    for name, key, value, container, _, replicas in _DEPLOYMENTS:
        for each in range(replicas):
            # A cluster of a single node has them all on it, each with an address of its own.
            node = each % nodes
            host = name == "cilium-operator"
            address = node_address(node) if host else address_of(node, _FIRST_ADDRESS + number)
            number += not host
            owner = ("ReplicaSet", f"{name}-5b7c")
            yield pod(f"{name}-5b7c-{each}", SYSTEM, node, address, {key: value}, owner, container)


def daemon_sets(nodes: int) -> Iterator[Thing]:
    """The DaemonSets of Cilium."""
    status = {
        "observedGeneration": 1,
        **dict.fromkeys(("desiredNumberScheduled", "currentNumberScheduled", "numberReady"), nodes),
        **dict.fromkeys(("updatedNumberScheduled", "numberAvailable"), nodes),
    }
    for name, container, image in _DAEMONS:
        workload = _workload(name, "k8s-app", name, container, f"{image}:v{_RELEASE}")
        workload["spec"]["template"]["spec"]["tolerations"] = [{"operator": "Exists"}]
        yield {**workload, "status": status}


def deployments() -> Iterator[Thing]:
    """The Deployments of kube-system."""
    for name, key, value, container, image, replicas in _DEPLOYMENTS:
        workload = _workload(name, key, value, container, image)
        workload["spec"]["replicas"] = replicas
        counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
        yield {**workload, "status": {"observedGeneration": 1, **dict.fromkeys(counts, replicas)}}


def _workload(name: str, key: str, value: str, container: str, image: str) -> Thing:
    template = {
        "metadata": {"labels": {key: value}},
        "spec": {"containers": [{"name": container, "image": f"quay.io/cilium/{image}"}]},
    }
    return {
        "metadata": meta(name, SYSTEM, managedFields=[managed("helm", "spec")]),
        "spec": {"selector": {"matchLabels": {key: value}}, "template": template},
    }


def config_maps() -> Iterator[Thing]:
    """The options of the agents."""
    yield {"metadata": meta("cilium-config", SYSTEM, managedFields=[managed("helm", "data")]), "data": CONFIG}


def service_accounts() -> Iterator[Thing]:
    """The accounts of agents and operator."""
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/operator"}
    yield {"metadata": meta("cilium-operator", SYSTEM, annotations=role)}
    yield {"metadata": meta("cilium", SYSTEM)}


def services() -> Iterator[Thing]:
    """The Services of DNS and Hubble."""
    named = (("kube-dns", "kube-dns"), ("hubble-peer", "cilium"), ("hubble-relay", "hubble-relay"))
    for number, (name, app) in enumerate(named):
        spec = {"type": "ClusterIP", "clusterIP": f"10.100.0.{10 + number}", "selector": {"k8s-app": app}}
        yield {"metadata": meta(name, SYSTEM), "spec": spec}


def definitions() -> Iterator[Thing]:
    """The CRDs that agents wait for."""
    for name in awaited(_RELEASE, CONFIG):
        plural, _, group = name.partition(".")
        yield {
            "metadata": meta(name, labels={SCHEMA: "1.32.3"}),
            "spec": {"group": group, "names": {"kind": plural, "plural": plural}},
            "status": {
                "storedVersions": ["v2"],
                "conditions": [{"type": "Established", "status": "True", "lastTransitionTime": BORN}],
            },
        }


def leases() -> Iterator[Thing]:
    """The lease of the operator that leads, renewed now: a doctor judges it by the clock."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {"holderIdentity": f"{node_name(0)}-x", "leaseDurationSeconds": 3600, "renewTime": now}
    yield {"metadata": meta("cilium-operator-resource-lock", SYSTEM), "spec": spec}


def cron_jobs() -> Iterator[Thing]:
    """The CronJob that renews Hubble's certificates."""
    spec = {"schedule": "0 0 1 */4 *", "suspend": False}
    yield {"metadata": meta("hubble-generate-certs", SYSTEM), "spec": spec, "status": {}}


def events(nodes: int) -> Iterator[Thing]:
    """What happened to the pods of late: five events of each node."""
    reasons = ("Scheduled", "Pulling", "Pulled", "Created", "Started")
    for node in range(nodes):
        for number, reason in enumerate(reasons):
            name, team = f"app-{number}-7d9f{node:04x}c-{number:03x}xz", f"team-{number}"
            yield {
                "metadata": meta(f"{name}.18{node:04x}", team, managedFields=[managed("kubelet")]),
                "involvedObject": {"kind": "Pod", "namespace": team, "name": name},
                "reason": reason,
                "type": "Normal",
                "message": f"{reason} pod {team}/{name} on {node_name(node)}",
                "count": 1,
                "firstTimestamp": BORN,
                "lastTimestamp": BORN,
            }


# Lines as operators and relays write them: https://github.com/cilium/cilium/issues/42092 and 21454.
def logs(nodes: int) -> dict[tuple[str, str], str]:
    """The logs that a doctor reads, by pod and container."""
    operator = [
        f'time=2026-11-30T11:5{minute}:01.2Z level=info msg="Synchronized ENI information" '
        f"module=operator.operator-controlplane.leader-lifecycle.legacy-cell subsys=eni numInstances={nodes}"
        for minute in range(8)
    ]
    relay = [
        f'time=2026-11-01T08:07:01Z level=info msg=Connected address="{node_address(node)}:4244" '
        "subsys=hubble-relay"
        for node in range(nodes)
    ]
    return {
        ("cilium-operator-5b7c-0", "cilium-operator"): "\n".join(operator),
        ("cilium-operator-5b7c-1", "cilium-operator"): "",
        ("hubble-relay-5b7c-0", "hubble-relay"): "\n".join(relay),
    }


def metrics(nodes: int) -> dict[tuple[str, int], str]:
    """The metrics that a doctor reads, by pod and port."""
    operator = f"""\
# TYPE cilium_operator_ec2_api_duration_seconds histogram
cilium_operator_ec2_api_duration_seconds_sum{{operation="DescribeSubnets",response_code="OK"}} 4.2
cilium_operator_ec2_api_duration_seconds_count{{operation="DescribeSubnets",response_code="OK"}} 40
# TYPE cilium_operator_ipam_nodes gauge
cilium_operator_ipam_nodes{{category="in-deficit"}} 0
cilium_operator_ipam_nodes{{category="total"}} {nodes}
"""
    agent = '# TYPE cilium_bpf_map_pressure gauge\ncilium_bpf_map_pressure{map_name="ipcache_v2"} 0.12\n'
    agents = {(f"cilium-{node:05x}", 9962): agent for node in range(min(nodes, 3))}
    operators = {(f"cilium-operator-5b7c-{each}", 9963): operator for each in range(2)}
    return operators | agents
