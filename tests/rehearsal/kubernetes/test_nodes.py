from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from rehearsal.kubernetes import KubernetesCluster, NodeSpec
from tests.rehearsal.kubernetes.commands import config_map, workload

SYSTEM = "kube-system"
TAINT = {"key": "node.cilium.io/agent-not-ready", "value": "true", "effect": "NO_EXECUTE"}
Change = Callable[[KubernetesCluster], None]


@pytest.fixture
def ready() -> KubernetesCluster:
    """A cluster without aws-node in which Cilium comes up on every node."""
    cluster = KubernetesCluster(name="demo", version="1.35", identify=lambda _: None)
    cluster.bootstrap({"kube-proxy"})
    for name in ("cilium", "cilium-operator"):
        metadata = {"name": name, "namespace": SYSTEM}
        cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata})
    cluster.apply(config_map("cilium-config", SYSTEM, ipam="eni", **{"kube-proxy-replacement": "false"}))
    everywhere = {"tolerations": [{"operator": "Exists"}], "hostNetwork": True}
    cluster.apply(workload("DaemonSet", "cilium", SYSTEM, serviceAccountName="cilium", **everywhere))
    tolerations = [{"key": TAINT["key"], "operator": "Exists"}]
    pod = {"serviceAccountName": "cilium-operator", "tolerations": tolerations}
    cluster.apply(workload("Deployment", "cilium-operator", SYSTEM, **pod))
    return cluster


def drop(kind: str, name: str) -> Change:
    return lambda cluster: cluster.delete(kind, name, SYSTEM)


def create(manifest: dict[str, Any]) -> Change:
    def change(cluster: KubernetesCluster) -> None:
        cluster.apply(manifest)

    return change


def configure(**settings: str) -> Change:
    def change(cluster: KubernetesCluster) -> None:
        found = cluster.get("ConfigMap", "cilium-config", SYSTEM)
        assert found is not None
        cluster.apply(found | {"data": found["data"] | {k.replace("_", "-"): v for k, v in settings.items()}})

    return change


def edit(kind: str, name: str, edit_pod: Callable[[dict[str, Any]], None]) -> Change:
    def change(cluster: KubernetesCluster) -> None:
        found = cluster.get(kind, name, SYSTEM)
        assert found is not None
        changed = copy.deepcopy(found)
        edit_pod(changed["spec"]["template"]["spec"])
        cluster.apply(changed)

    return change


def mount(pod: dict[str, Any]) -> None:
    pod["volumes"] = [{"name": "cni-configuration", "configMap": {"name": "cni-configuration"}}]


def image_1_19(pod: dict[str, Any]) -> None:
    pod["containers"][0]["image"] = "quay.io/cilium/cilium:v1.19.6@sha256:0df5"


def all_of(*changes: Change) -> Change:
    def change(cluster: KubernetesCluster) -> None:
        for one in changes:
            one(cluster)

    return change


UNMET: dict[str, tuple[Change, str]] = {
    "no agents": (drop("DaemonSet", "cilium"), "DaemonSet kube-system/cilium is missing; install the Cilium"),
    "no operator": (
        drop("Deployment", "cilium-operator"),
        "Deployment kube-system/cilium-operator is missing",
    ),
    "no configuration": (
        drop("ConfigMap", "cilium-config"),
        "ConfigMap kube-system/cilium-config is missing",
    ),
    "no agent account": (drop("ServiceAccount", "cilium"), "ServiceAccount kube-system/cilium is missing"),
    "no operator account": (
        drop("ServiceAccount", "cilium-operator"),
        "ServiceAccount kube-system/cilium-operator is missing; let the chart create it",
    ),
    "another mode": (configure(ipam="cluster-pool"), "has ipam cluster-pool, not eni; set the chart value"),
    "a mount": (
        edit("DaemonSet", "cilium", mount),
        "DaemonSet cilium mounts ConfigMap kube-system/cni-configuration, which is missing; create it",
    ),
    "a file": (
        all_of(
            create(config_map("cni-configuration", SYSTEM, other="{}")),
            configure(read_cni_conf="/tmp/cni-configuration/cni-config"),
            edit("DaemonSet", "cilium", mount),
        ),
        "ConfigMap kube-system/cni-configuration has no key cni-config, which the agent reads",
    ),
    "no way to the API": (
        drop("DaemonSet", "kube-proxy"),
        "no kube-proxy runs here and Cilium does not replace it",
    ),
    "no address of the API": (
        all_of(drop("DaemonSet", "kube-proxy"), configure(kube_proxy_replacement="true")),
        "DaemonSet cilium has no KUBERNETES_SERVICE_HOST and cannot reach the API server; set k8sServiceHost",
    ),
    "agents elsewhere": (
        edit("DaemonSet", "cilium", lambda pod: pod.update(nodeSelector={"disk": "ssd"})),
        "DaemonSet cilium does not run here: its nodeSelector wants disk=ssd",
    ),
    "an intolerant operator": (
        edit("Deployment", "cilium-operator", lambda pod: pod.update(tolerations=[])),
        "cilium-operator runs on no node: it does not tolerate the taint "
        "node.cilium.io/agent-not-ready=true:NoExecute; add it to operator.tolerations",
    ),
    "nowhere to masquerade": (
        all_of(edit("DaemonSet", "cilium", image_1_19), configure(enable_ipv4_masquerade="true")),
        "it masquerades without egressMasqueradeInterfaces; name the node's primary interface",
    ),
}


@pytest.mark.parametrize("case", UNMET)
def test_a_node_says_what_cilium_lacks_and_is_ready_once_it_is_there(
    ready: KubernetesCluster, case: str
) -> None:
    change, reason = UNMET[case]
    change(ready)
    ready.join_node(NodeSpec("n1", taints=[TAINT]))
    state = ready.node_state("n1")
    assert (state.ready, state.cni) == (False, None)
    assert any(reason in found for found in state.reasons), state.reasons


def test_a_node_is_ready_with_cilium_and_loses_its_taint(ready: KubernetesCluster) -> None:
    ready.join_node(NodeSpec("n1", taints=[TAINT, {"key": "dedicated", "effect": "PREFER_NO_SCHEDULE"}]))
    state = ready.node_state("n1")
    assert (state.ready, state.reasons, state.cni) == (True, (), "cilium")
    node = ready.get("Node", "n1")
    assert node is not None
    assert node["spec"]["taints"] == [{"key": "dedicated", "effect": "PreferNoSchedule"}]
    assert ready.history == ["node n1 joined", "cilium started on node n1", "node n1 is ready"]


def test_a_waiting_node_becomes_ready_when_the_last_piece_arrives(ready: KubernetesCluster) -> None:
    account = ready.get("ServiceAccount", "cilium", SYSTEM)
    assert account is not None
    ready.delete("ServiceAccount", "cilium", SYSTEM)
    ready.join_node(NodeSpec("n1", taints=[TAINT]))
    node = ready.get("Node", "n1")
    assert node is not None
    assert {"node.kubernetes.io/not-ready", TAINT["key"]} == {
        taint["key"] for taint in node["spec"]["taints"]
    }
    ready.apply(account)
    assert ready.node_state("n1").ready
    assert ready.history[-2:] == ["cilium started on node n1", "node n1 is ready"]


def test_the_replacement_of_kube_proxy_needs_the_address_of_the_api(ready: KubernetesCluster) -> None:
    ready.delete("DaemonSet", "kube-proxy", SYSTEM)
    configure(kube_proxy_replacement="strict")(ready)
    address = [{"name": "KUBERNETES_SERVICE_HOST", "value": "api.example.org"}]
    for kind, name in (("DaemonSet", "cilium"), ("Deployment", "cilium-operator")):
        edit(kind, name, lambda pod: pod["containers"][0].update(env=address))(ready)
    ready.join_node(NodeSpec("n1"))
    assert ready.node_state("n1").reasons == ()


def test_a_node_that_met_aws_node_remembers_it_for_good(ready: KubernetesCluster) -> None:
    ready.install_addon("vpc-cni")
    ready.join_node(NodeSpec("n1"))
    ready.remove_addon("vpc-cni")
    state = ready.node_state("n1")
    assert (state.ready, state.cni) == (True, "aws-node")
    assert "aws-node ran on this node, so Cilium never gives it prefixes" in state.reasons[0]
    assert "aws-node started on node n1" in ready.history
    ready.join_node(NodeSpec("n2"))
    assert ready.node_state("n2").cni == "cilium"
    ready.join_node(NodeSpec("n1"))
    assert ready.node_state("n1").cni == "cilium", "a replaced node starts anew"


def test_a_patched_aws_node_never_runs_and_the_add_on_leaves_the_patch(ready: KubernetesCluster) -> None:
    ready.install_addon("vpc-cni")
    edit(
        "DaemonSet", "aws-node", lambda pod: pod.update(nodeSelector={"io.cilium/aws-node-enabled": "true"})
    )(ready)
    ready.install_addon("vpc-cni")
    ready.join_node(NodeSpec("n1"))
    assert ready.node_state("n1").cni == "cilium"


def test_the_operator_registers_its_types_with_the_first_node(ready: KubernetesCluster) -> None:
    assert ready.objects("CiliumNetworkPolicy") == []
    assert ready.objects("CustomResourceDefinition") == []
    ready.join_node(NodeSpec("n1"))
    kinds = {crd["spec"]["names"]["kind"] for crd in ready.objects("CustomResourceDefinition")}
    assert {"CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "CiliumNode"} <= kinds


def test_the_cilium_node_carries_the_eni_section_and_leaves_with_the_node(ready: KubernetesCluster) -> None:
    configure(
        eni_first_interface_index="1",
        eni_subnet_ids="subnet-a,subnet-b",
        eni_subnet_tags="tier=pods",
        eni_security_groups="sg-1",
    )(ready)
    ready.join_node(NodeSpec("n1", zone="eu-west-1b", instance_type="m6i.xlarge"))
    found = ready.get("CiliumNode", "n1")
    assert found is not None
    assert found["spec"]["eni"] == {
        "instance-type": "m6i.xlarge",
        "availability-zone": "eu-west-1b",
        "first-interface-index": 1,
        "subnet-tags": {"tier": "pods"},
        "subnet-ids": ["subnet-a", "subnet-b"],
        "security-groups": ["sg-1"],
    }
    ready.remove_node("n1")
    assert ready.objects("CiliumNode") == []
    assert ready.history[-1] == "node n1 left"


def test_the_eni_section_of_the_cni_file_wins(ready: KubernetesCluster) -> None:
    file = '{"plugins": [{"type": "cilium-cni", "eni": {"subnet-ids": ["subnet-f"]}}]}'
    ready.apply(config_map("cni-configuration", SYSTEM, **{"cni-config": file}))
    configure(eni_subnet_ids="subnet-a", read_cni_conf="/tmp/cni-configuration/cni-config")(ready)
    edit("DaemonSet", "cilium", mount)(ready)
    ready.join_node(NodeSpec("n1"))
    found = ready.get("CiliumNode", "n1")
    assert found is not None
    assert found["spec"]["eni"]["subnet-ids"] == ["subnet-f"]


def test_an_unknown_node_is_named(ready: KubernetesCluster) -> None:
    with pytest.raises(LookupError, match=r"node n9 is not in the cluster; join_node\(\) it first"):
        ready.node_state("n9")


@pytest.mark.parametrize("rest", [{}, {"spec": None, "status": None}])
def test_a_node_with_a_name_alone_is_accepted(ready: KubernetesCluster, rest: dict[str, Any]) -> None:
    ready.apply({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "bare"}, **rest})

    found = ready.get("Node", "bare")
    assert found is not None
    assert [one["type"] for one in found["status"]["conditions"]] == ["Ready"]
