"""Dumps in each layout give what the cluster gave."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from cdk_eks_cilium.doctor.engine.fields import trim
from cdk_eks_cilium.doctor.engine.reader import UnreadError
from cdk_eks_cilium.doctor.engine.readings import ApiVersion, Logs, Metrics, Objects
from cdk_eks_cilium.doctor.engine.seen import Seen
from cdk_eks_cilium.doctor.readers.dump import DumpReader
from tests.unit.doctor.dumps import (
    list_of,
    objects_of,
    typed_list,
    write,
    write_aws,
    write_cluster_info,
    write_kubectl,
    write_sysdump,
)
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.world import Thing, thing

OPERATOR_LOGS = Logs("kube-system", "io.cilium/app=operator", "cilium-operator")
OPERATOR_METRICS = Metrics("kube-system", "io.cilium/app=operator", 9963)
AGENT_METRICS = Metrics("kube-system", "k8s-app=cilium", 9962)


def names(found: object) -> list[str]:
    assert isinstance(found, (list, tuple))
    return sorted(each["metadata"]["name"] for each in found)


def bare(found: object) -> list[Thing]:
    """Objects without what typed lists leave to the list, in the order of their names."""
    assert isinstance(found, (list, tuple))
    every = [
        {key: value for key, value in each.items() if key not in ("kind", "apiVersion")} for each in found
    ]
    return sorted(every, key=lambda each: (each["metadata"].get("namespace", ""), each["metadata"]["name"]))


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_lists_of_kubectl_give_every_object_trimmed(tmp_path: Path, form: str) -> None:
    world = healthy()
    write_kubectl(tmp_path, world, form)
    reader = DumpReader(tmp_path)
    for reading, found in objects_of(world).items():
        read = reader.read(reading)
        assert read is not None
        assert not read.partly
        assert list(read.objects) == [trim(each, reading.keep) for each in found], reading
    read = reader.read(ApiVersion())
    assert read is not None
    assert list(read.objects) == world.things[ApiVersion()]
    assert reader.notes == ()


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "archive"])
def test_a_sysdump_gives_what_it_has(tmp_path: Path, packed: bool) -> None:
    world = healthy()
    folder = write_sysdump(tmp_path, world)
    if packed:
        shutil.make_archive(str(folder), "zip", tmp_path, folder.name)
    reader = DumpReader(folder.with_suffix(".zip") if packed else folder)
    for reading in (kinds.NODES, kinds.PODS, kinds.CILIUM_NODES, kinds.CILIUM_ENDPOINTS, kinds.SERVICES):
        read = reader.read(reading)
        assert read is not None
        assert not read.partly
        wanted = bare([trim(each, reading.keep) for each in world.things[reading]])
        assert bare(list(read.objects)) == wanted
    for reading in (kinds.EVENTS, kinds.CILIUM_CLUSTERWIDE_POLICIES):
        read = reader.read(reading)
        assert read is not None
        assert (list(read.objects), read.partly) == ([], "")
    read = reader.read(ApiVersion())
    assert read is not None
    assert read.objects[0]["gitVersion"] == "v1.35.2-eks-3abbec1"
    assert reader.notes == ()


def test_a_sysdump_has_some_objects_of_a_kind_and_says_so(tmp_path: Path) -> None:
    seen = Seen(DumpReader(write_sysdump(tmp_path, healthy())))
    config = seen.one(kinds.KUBE_SYSTEM_CONFIG_MAPS, "cilium-config", "kube-system")
    assert config is not None
    assert config["data"]["ipam"] == "eni"
    with pytest.raises(UnreadError) as refused:
        seen.list(kinds.DEPLOYMENTS)
    assert str(refused.value) == (
        "not all deployments are in the dump (a sysdump has only what is Cilium's); add them with: "
        "kubectl get deployments --all-namespaces --output json > deployments.json"
    )


def test_a_sysdump_without_aws_node_says_that_it_is_not_there(tmp_path: Path) -> None:
    seen = Seen(DumpReader(write_sysdump(tmp_path, healthy())))
    assert seen.one(kinds.DAEMON_SETS, "aws-node", "kube-system") is None
    with pytest.raises(UnreadError, match="not all daemonsets are in the dump"):
        seen.one(kinds.DAEMON_SETS, "kube-proxy", "kube-system")


def test_a_sysdump_whose_pods_are_of_aws_node_does_not_say_that_it_is_away(tmp_path: Path) -> None:
    world = healthy()
    world.things[kinds.PODS][0]["metadata"]["ownerReferences"][0]["name"] = "aws-node"
    seen = Seen(DumpReader(write_sysdump(tmp_path, world)))
    with pytest.raises(UnreadError, match="not all daemonsets are in the dump"):
        seen.one(kinds.DAEMON_SETS, "aws-node", "kube-system")


def test_a_sysdump_gives_logs_without_their_times_and_metrics(tmp_path: Path) -> None:
    reader = DumpReader(write_sysdump(tmp_path, healthy()))
    logs = reader.read(OPERATOR_LOGS)
    assert logs is not None
    assert list(logs.objects) == [{"pod": "cilium-operator-0", "lines": ["level=info msg=started"]}]
    metrics = reader.read(OPERATOR_METRICS)
    assert metrics is not None
    assert "cilium_operator_unmanaged_pods 0" in metrics.objects[0]["text"]


def test_the_table_of_an_agents_metrics_becomes_prometheus_text(tmp_path: Path) -> None:
    found = DumpReader(write_sysdump(tmp_path, healthy())).read(AGENT_METRICS)
    assert found is not None
    assert list(found.objects) == [
        {
            "pod": "cilium-0",
            "text": 'cilium_bpf_map_pressure{map_name="lb4_services_v2"} 0.250000\n'
            'cilium_drop_count_total{direction="EGRESS",reason="Policy denied"} 12.000000\n'
            "cilium_unreachable_nodes 0.000000\n",
        }
    ]


def test_a_cluster_info_dump_of_all_namespaces_is_whole(tmp_path: Path) -> None:
    world = healthy()
    write_cluster_info(tmp_path, world, ["kube-system", "default", "team-a"])
    reader = DumpReader(tmp_path)
    read = reader.read(kinds.PODS)
    assert read is not None
    assert not read.partly
    assert names(list(read.objects)) == names(world.things[kinds.PODS])
    logs = reader.read(OPERATOR_LOGS)
    assert logs is not None
    assert list(logs.objects) == [{"pod": "cilium-operator-0", "lines": ["level=info msg=started"]}]


def test_a_cluster_info_dump_of_two_namespaces_says_that_others_are_missing(tmp_path: Path) -> None:
    write_cluster_info(tmp_path, healthy(), ["default", "kube-system"])
    read = DumpReader(tmp_path).read(kinds.PODS)
    assert read is not None
    assert "not all pods are in the dump (only the namespaces default and kube-system)" in read.partly


def test_answers_of_aws_are_known_by_their_keys(tmp_path: Path) -> None:
    world = healthy()
    write_aws(tmp_path, world)
    reader = DumpReader(tmp_path)
    for reading in (aws_kinds.CLUSTER, aws_kinds.NODE_GROUPS, aws_kinds.SUBNETS, aws_kinds.INTERFACES):
        read = reader.read(reading)
        assert read is not None
        assert list(read.objects) == world.things[reading]


def test_subnets_of_other_vpcs_are_left_out_where_the_cluster_names_its_own(tmp_path: Path) -> None:
    cluster = {
        "cluster": {
            "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/p",
            "resourcesVpcConfig": {"vpcId": "vpc-1"},
        }
    }
    write(tmp_path / "a.json", cluster)
    write(
        tmp_path / "b.json",
        {"Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1"}, {"SubnetId": "s", "VpcId": "v"}]},
    )
    read = DumpReader(tmp_path).read(aws_kinds.SUBNETS)
    assert read is not None
    assert [each["SubnetId"] for each in read.objects] == ["subnet-1"]


def test_a_kind_without_a_file_has_the_command_that_adds_it(tmp_path: Path) -> None:
    write(tmp_path / "nodes.json", list_of(healthy().things[kinds.NODES]))
    write(tmp_path / "vpcs.json", {"Vpcs": []})
    reader = DumpReader(tmp_path)
    for reading, command in (
        (
            kinds.PODS,
            "the dump has no pods; add them with: kubectl get pods --all-namespaces --output json >",
        ),
        (
            kinds.KUBE_SYSTEM_CONFIG_MAPS,
            "kubectl get configmaps --namespace kube-system --output json > configmaps-kube-system.json",
        ),
        (
            kinds.CILIUM_NODES,
            "kubectl get ciliumnodes.cilium.io --all-namespaces --output json > ciliumnodes.json",
        ),
        (
            ApiVersion(),
            "the dump has no version of the API server; add it with: kubectl version --output json",
        ),
        (
            aws_kinds.SUBNETS,
            "aws ec2 describe-subnets --filters Name=vpc-id,Values=VPC --output json > ec2-describe",
        ),
        (
            aws_kinds.CLUSTER,
            "aws eks describe-cluster --name CLUSTER --output json > eks-describe-cluster.json",
        ),
        (OPERATOR_LOGS, "kubectl get pods --all-namespaces"),
    ):
        with pytest.raises(UnreadError) as refused:
            reader.read(reading)
        assert command in str(refused.value)


def test_missing_logs_and_metrics_have_commands_of_their_own(tmp_path: Path) -> None:
    write(tmp_path / "pods.json", list_of(healthy().things[kinds.PODS]))
    reader = DumpReader(tmp_path)
    with pytest.raises(UnreadError) as refused:
        reader.read(OPERATOR_LOGS)
    assert str(refused.value).endswith(
        "add them with: kubectl logs --namespace kube-system --selector io.cilium/app=operator "
        "--container cilium-operator --tail 1000 --prefix > io-cilium-app-operator-cilium-operator.log"
    )
    with pytest.raises(UnreadError) as refused:
        reader.read(OPERATOR_METRICS)
    assert "kubectl get --raw /api/v1/namespaces/kube-system/pods/POD:9963/proxy/metrics" in str(
        refused.value
    )


def test_a_list_of_types_tells_what_the_api_does_not_serve(tmp_path: Path) -> None:
    write(tmp_path / "crds.json", list_of(healthy().things[kinds.CUSTOM_TYPES]))
    egress = Objects("CiliumEgressNATPolicy", "ciliumegressnatpolicies", "cilium.io", "v2alpha1")
    reader = DumpReader(tmp_path)
    read = reader.read(egress)
    assert read is not None
    assert not read.served
    with pytest.raises(UnreadError, match="the dump has no ciliumnodes"):
        reader.read(kinds.CILIUM_NODES)


def test_an_empty_list_is_known_by_the_name_of_its_file(tmp_path: Path) -> None:
    write(tmp_path / "ciliumnetworkpolicies.json", list_of([]))
    reader = DumpReader(tmp_path)
    read = reader.read(kinds.CILIUM_POLICIES)
    assert read is not None
    assert (list(read.objects), read.served, read.partly) == ([], True, "")
    with pytest.raises(UnreadError):
        reader.read(kinds.NETWORK_POLICIES)


def test_one_file_with_many_kinds_gives_each(tmp_path: Path) -> None:
    world = healthy()
    write(tmp_path / "all.json", list_of([*world.things[kinds.NODES], *world.things[kinds.SERVICES]]))
    reader = DumpReader(tmp_path)
    for reading in (kinds.NODES, kinds.SERVICES):
        read = reader.read(reading)
        assert read is not None
        assert names(list(read.objects)) == names(world.things[reading])


def test_single_objects_and_documents_side_by_side_are_read(tmp_path: Path) -> None:
    pods = healthy().things[kinds.PODS]
    write(tmp_path / "a.json", pods[0])
    reader = DumpReader(tmp_path)
    read = reader.read(kinds.PODS)
    assert read is not None
    assert "not all pods are in the dump (a.json has a single one)" in read.partly
    (tmp_path / "b.yaml").write_text("---\n".join(_yaml(each) for each in pods[1:]))
    read = DumpReader(tmp_path).read(kinds.PODS)
    assert read is not None
    assert len(read.objects) == len(pods)


def _yaml(document: Thing) -> str:
    import yaml

    return yaml.safe_dump(document)


def test_a_kind_that_nobody_asked_for_before_is_read_from_its_files(tmp_path: Path) -> None:
    sets = Objects("StatefulSet", "statefulsets", "apps", keep=("metadata.name", "spec.replicas"))
    write(tmp_path / "s.json", list_of([thing(sets, "db", "team-a", spec={"replicas": 3, "template": {}})]))
    read = DumpReader(tmp_path).read(sets)
    assert read is not None
    assert list(read.objects) == [{"metadata": {"name": "db"}, "spec": {"replicas": 3}}]


def test_a_typed_list_whose_items_say_nothing_is_read_in_json(tmp_path: Path) -> None:
    world = healthy()
    # As 'kubectl get --raw /api/v1/nodes' has it, but with the kind at the end.
    write(tmp_path / "raw.json", typed_list(kinds.NODES, world.things[kinds.NODES]))
    read = DumpReader(tmp_path).read(kinds.NODES)
    assert read is not None
    assert bare(list(read.objects)) == bare(
        [trim(each, kinds.NODES.keep) for each in world.things[kinds.NODES]]
    )


def test_secrets_are_never_kept(tmp_path: Path) -> None:
    secrets = Objects("Secret", "secrets")
    write(tmp_path / "s.json", list_of([thing(secrets, "token", "team-a", data={"a": "cGFzc3dvcmQ="})]))
    reader = DumpReader(tmp_path, [secrets])
    with pytest.raises(UnreadError):
        reader.read(secrets)


@pytest.mark.parametrize(
    ("group", "served"),
    [("networking.k8s.io", None), ("gateway.networking.k8s.io", False), ("karpenter.sh", False), ("", None)],
)
def test_a_group_that_kubernetes_serves_needs_no_type(
    tmp_path: Path, group: str, served: bool | None
) -> None:
    write(tmp_path / "crds.json", list_of([thing(kinds.CUSTOM_TYPES, "a", spec={"group": "a.example"})]))
    reader, reading = DumpReader(tmp_path), Objects("Thing", "things", group)
    if served is None:
        with pytest.raises(UnreadError):
            reader.read(reading)
    else:
        read = reader.read(reading)
        assert read is not None
        assert read.served is served


def test_metrics_of_an_older_sysdump_lie_in_a_file_that_ends_in_yaml(tmp_path: Path) -> None:
    # ciliumOperatorPodMetricsFileName in sysdump/constants.go of cilium/cilium-cli at 0.16.
    write(tmp_path / "pods.json", list_of(healthy().things[kinds.PODS]))
    name = "cilium-operator-pod-cilium-operator-1-metrics-20261130-120000.yaml"
    (tmp_path / name).write_text("# HELP a b\n# TYPE a counter\na 1\n")
    read = DumpReader(tmp_path).read(OPERATOR_METRICS)
    assert read is not None
    assert list(read.objects) == [{"pod": "cilium-operator-1", "text": "# HELP a b\n# TYPE a counter\na 1\n"}]


def test_the_metrics_of_a_port_are_taken_where_a_pod_has_several(tmp_path: Path) -> None:
    write(tmp_path / "pods.json", list_of(healthy().things[kinds.PODS]))
    for port in (9962, 9965):
        (tmp_path / f"metrics-cilium-0-{port}.txt").write_text(f"of {port}\n")
    for port in (9962, 9965):
        read = DumpReader(tmp_path).read(Metrics("kube-system", "k8s-app=cilium", port))
        assert read is not None
        assert list(read.objects) == [{"pod": "cilium-0", "text": f"of {port}\n"}]


def test_a_page_of_a_list_is_not_all_of_it(tmp_path: Path) -> None:
    page = typed_list(kinds.NODES, healthy().things[kinds.NODES])
    page["metadata"] = {"continue": "abc", "resourceVersion": "1"}
    write(tmp_path / "nodes.json", page)
    read = DumpReader(tmp_path).read(kinds.NODES)
    assert read is not None
    assert "not all nodes are in the dump (nodes.json has only a page of them)" in read.partly


def test_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    nodes = healthy().things[kinds.NODES]
    write(tmp_path / "nodes.yaml", typed_list(kinds.NODES, nodes))
    text = (tmp_path / "nodes.yaml").read_text()
    (tmp_path / "nodes.yaml").write_text(text, newline="\r\n")
    read = DumpReader(tmp_path).read(kinds.NODES)
    assert read is not None
    assert bare(list(read.objects)) == bare([trim(each, kinds.NODES.keep) for each in nodes])


def test_a_dump_knows_when_it_was_made(tmp_path: Path) -> None:
    assert DumpReader(write_sysdump(tmp_path, healthy())).taken == datetime(2026, 11, 30, 12, tzinfo=UTC)
    write_kubectl(tmp_path / "kubectl", healthy())
    assert DumpReader(tmp_path / "kubectl").taken is None


def test_files_are_read_once(tmp_path: Path) -> None:
    write_kubectl(tmp_path, healthy())
    reader = DumpReader(tmp_path)
    assert reader.read(kinds.NODES) is not None
    shutil.rmtree(tmp_path)
    for reading in objects_of(healthy()):
        assert reader.read(reading) is not None


def test_a_dump_without_any_answer_of_aws_leaves_aws_to_others(tmp_path: Path) -> None:
    write_kubectl(tmp_path, healthy())
    assert DumpReader(tmp_path).read(aws_kinds.SUBNETS) is None
