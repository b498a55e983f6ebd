from __future__ import annotations

import json

from rehearsal.kubernetes import KubernetesCluster, NodeSpec
from tests.rehearsal.kubernetes.commands import Commands, config_map, workload

AWS_NODE = ("-n", "kube-system", "daemonset", "aws-node")


def test_create_get_and_delete_a_config_map(cluster: KubernetesCluster, commands: Commands) -> None:
    created = commands.kubectl("create", "-f", "-", "--save-config", body=config_map(color="blue"))
    assert created.returncode == 0, created.stderr
    assert created.stdout == "configmap/settings created\n"
    read = commands.kubectl("get", "configmap", "settings", "-o", "jsonpath={.data.color}")
    assert read.stdout == "blue"
    deleted = commands.kubectl("delete", "-f", "-", body=config_map())
    assert deleted.returncode == 0, deleted.stderr
    assert cluster.get("ConfigMap", "settings", "default") is None


def test_creating_twice_fails_with_already_exists(newest: Commands) -> None:
    newest.kubectl("create", "-f", "-", body=config_map())
    again = newest.kubectl("create", "-f", "-", body=config_map())
    assert again.returncode == 1
    assert 'configmaps "settings" already exists' in again.stderr


def test_apply_changes_removes_and_keeps_what_others_set(
    cluster: KubernetesCluster, commands: Commands
) -> None:
    commands.kubectl("apply", "-f", "-", body=config_map(a="1", b="1"))
    commands.kubectl("patch", "configmap", "settings", "--type=merge", "-p", '{"data": {"other": "1"}}')
    applied = commands.kubectl("apply", "-f", "-", body=config_map(a="2"))
    assert applied.returncode == 0, applied.stderr
    found = cluster.get("ConfigMap", "settings", "default")
    assert found is not None
    assert found["data"] == {"a": "2", "other": "1"}


def test_server_side_apply_removes_what_its_manager_no_longer_names(
    cluster: KubernetesCluster, newest: Commands
) -> None:
    newest.kubectl("apply", "--server-side", "-f", "-", body=config_map(a="1", b="1"))
    applied = newest.kubectl("apply", "--server-side", "-f", "-", body=config_map(a="2"))
    assert applied.stdout == "configmap/settings serverside-applied\n"
    found = cluster.get("ConfigMap", "settings", "default")
    assert found is not None
    assert found["data"] == {"a": "2"}


def test_apply_changes_one_container_of_a_deployment(cluster: KubernetesCluster, commands: Commands) -> None:
    manifest = workload("Deployment", "web")
    containers = manifest["spec"]["template"]["spec"]["containers"]
    containers.append({"name": "side", "image": "y"})
    commands.kubectl("apply", "-f", "-", body=manifest)
    containers[1]["image"] = "z"
    applied = commands.kubectl("apply", "-f", "-", body=manifest)
    assert applied.returncode == 0, applied.stderr
    found = cluster.get("Deployment", "web", "default")
    assert found is not None
    assert [c["image"] for c in found["spec"]["template"]["spec"]["containers"]] == ["x", "z"]
    assert found["metadata"]["generation"] == 2


def test_apply_with_prune_deletes_what_the_label_names_and_the_file_does_not(
    cluster: KubernetesCluster, newest: Commands
) -> None:
    manifests = [config_map("one"), config_map("two")]
    for manifest in manifests:
        manifest["metadata"]["labels"] = {"aws.cdk.eks/prune-x": ""}
    listed = {"apiVersion": "v1", "kind": "List", "items": manifests}
    newest.kubectl("apply", "-f", "-", body=listed)
    pruned = newest.kubectl("apply", "-f", "-", "--prune", "-l", "aws.cdk.eks/prune-x", body=manifests[0])
    assert pruned.returncode == 0, pruned.stderr
    assert cluster.get("ConfigMap", "one", "default")
    assert cluster.get("ConfigMap", "two", "default") is None


def test_a_strategic_patch_keeps_aws_node_from_every_node(
    cluster: KubernetesCluster, commands: Commands
) -> None:
    selector = {"io.cilium/aws-node-enabled": "true"}
    patch = {"spec": {"template": {"spec": {"nodeSelector": selector}}}}
    patched = commands.kubectl("patch", *AWS_NODE, "--type", "strategic", "-p", json.dumps(patch))
    assert patched.returncode == 0, patched.stderr
    found = cluster.get("DaemonSet", "aws-node", "kube-system")
    assert found is not None
    pod = found["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == selector
    assert [container["name"] for container in pod["containers"]] == ["aws-node"]


def test_a_json_patch_edits_a_list(cluster: KubernetesCluster, newest: Commands) -> None:
    patch = [
        {
            "op": "add",
            "path": "/spec/template/spec/tolerations/-",
            "value": {"key": "a", "operator": "Exists"},
        }
    ]
    patched = newest.kubectl("patch", *AWS_NODE, "--type", "json", "-p", json.dumps(patch))
    assert patched.returncode == 0, patched.stderr
    found = cluster.get("DaemonSet", "aws-node", "kube-system")
    assert found is not None
    assert len(found["spec"]["template"]["spec"]["tolerations"]) == 2


def test_a_selector_picks_and_all_shows_the_workloads(newest: Commands) -> None:
    picked = newest.kubectl("get", "deploy", "-A", "-l", "k8s-app in (kube-dns, other)", "-o", "name")
    assert picked.stdout == "deployment.apps/coredns\n"
    missed = newest.kubectl("get", "deploy", "-A", "-l", "k8s-app!=kube-dns", "-o", "name")
    assert missed.stdout == ""
    everything = newest.kubectl("get", "all", "-n", "kube-system", "-o", "name").stdout.splitlines()
    assert {"daemonset.apps/aws-node", "deployment.apps/coredns", "service/kube-dns"} <= set(everything)


def test_wait_sees_a_deployment_become_available(cluster: KubernetesCluster, newest: Commands) -> None:
    wait = ("wait", "-n", "kube-system", "deployment/coredns", "--for=condition=Available")
    assert newest.kubectl(*wait, "--timeout=1s").returncode == 1
    cluster.join_node(NodeSpec("n1"))
    assert newest.kubectl(*wait, "--timeout=120s").returncode == 0
    status = newest.kubectl("rollout", "status", "-n", "kube-system", "deployment/coredns")
    assert "successfully rolled out" in status.stdout


def test_a_namespace_takes_its_objects_with_it(cluster: KubernetesCluster, newest: Commands) -> None:
    missing = newest.kubectl("create", "-f", "-", body=config_map(namespace="team"))
    assert missing.returncode == 1
    assert 'namespaces "team" not found' in missing.stderr
    newest.kubectl("create", "namespace", "team")
    newest.kubectl("create", "-f", "-", body=config_map(namespace="team"))
    deleted = newest.kubectl("delete", "namespace", "team")
    assert deleted.returncode == 0, deleted.stderr
    assert cluster.objects("ConfigMap", "team") == []


def test_only_a_role_lets_a_group_delete_and_only_what_it_names(
    cluster: KubernetesCluster, commands: Commands
) -> None:
    remover = commands.as_("remover")
    refused = remover.kubectl("delete", *AWS_NODE)
    assert refused.returncode == 1
    assert (
        'daemonsets.apps "aws-node" is forbidden: User "remover" cannot delete resource "daemonsets" in '
        'API group "apps" in the namespace "kube-system"'
    ) in refused.stderr
    named = ("--verb=get,delete", "--resource=daemonsets.apps", "--resource-name=aws-node")
    commands.kubectl("create", "role", "remove", "-n", "kube-system", *named)
    group = ("--role=remove", "--group=aws-node-removers")
    commands.kubectl("create", "rolebinding", "remove", "-n", "kube-system", *group)
    assert remover.kubectl("delete", "-n", "kube-system", "daemonset", "kube-proxy").returncode == 1
    allowed = remover.kubectl("delete", *AWS_NODE, "--wait=false")
    assert allowed.returncode == 0, allowed.stderr
    assert cluster.get("DaemonSet", "aws-node", "kube-system") is None
    assert remover.kubectl("auth", "can-i", "list", "secrets").stdout == "no\n"


def test_kubectl_lists_everything_that_a_group_may_do(newest: Commands) -> None:
    named = ("--verb=get,delete", "--resource=daemonsets.apps", "--resource-name=aws-node")
    newest.kubectl("create", "role", "remove", "-n", "kube-system", *named)
    group = ("--role=remove", "--group=aws-node-removers")
    newest.kubectl("create", "rolebinding", "remove", "-n", "kube-system", *group)
    rights = newest.as_("remover").kubectl("auth", "can-i", "--list", "--no-headers", "-n", "kube-system")
    assert rights.returncode == 0, rights.stderr
    ours = ["daemonsets.apps", "[]", "[aws-node]", "[get", "delete]"]
    assert ours in [line.split() for line in rights.stdout.splitlines()]
    elsewhere = newest.as_("remover").kubectl("auth", "can-i", "--list", "--no-headers")
    assert "selfsubjectreviews.authentication.k8s.io" in elsewhere.stdout  # everyone may ask who they are
    assert "daemonsets" not in elsewhere.stdout


def test_an_unknown_token_is_turned_away(cluster: KubernetesCluster, newest: Commands) -> None:
    refused = newest.as_("stranger").kubectl("get", *AWS_NODE)
    assert refused.returncode == 1
    assert "You must be logged in to the server" in refused.stderr
    assert {(r.status, r.username) for r in cluster.requests} == {(401, None)}


ANYTHING = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}


def test_a_custom_resource_definition_adds_a_type(cluster: KubernetesCluster, commands: Commands) -> None:
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "gadgets.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"kind": "Gadget", "plural": "gadgets", "shortNames": ["gd"]},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": ANYTHING}],
        },
    }
    gadget = {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "one"}, "spec": {"a": 1}}
    early = commands.kubectl("apply", "-f", "-", body=gadget)
    assert 'no matches for kind "Gadget"' in early.stderr
    commands.kubectl("apply", "-f", "-", body=definition)
    applied = commands.kubectl("apply", "-f", "-", body=gadget)
    assert applied.returncode == 0, applied.stderr
    gadget["spec"] = {"a": 2}
    commands.kubectl("apply", "-f", "-", body=gadget)
    assert commands.kubectl("get", "gd", "one", "-o", "jsonpath={.spec.a}").stdout == "2"
    commands.kubectl("delete", "crd", "gadgets.example.org")
    assert cluster.objects("Gadget") == []
