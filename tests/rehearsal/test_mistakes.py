"""Each mistake that the design forbids, built on purpose: the rehearsal fails and says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.account import Account
from rehearsal.aws.runtime import Options
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport
from tests.rehearsal.assemblies import ROOT, Template, find, forget, remove, synthesize, with_mistake

pytestmark = pytest.mark.slow

HELM = "Custom::AWSCDK-EKS-HelmChart"
MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"
NODES = "AWS::EKS::Nodegroup"

Rehearse = Callable[..., RehearsalReport]


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(ROOT / "settings.yaml", tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="module")
def bare_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = ROOT / "tests/stacks/settings/never-install.yaml"
    return synthesize(settings, tmp_path_factory.mktemp("bare"))


def reasons(report: RehearsalReport) -> str:
    return "\n".join(report.problems)


def rehearse_broken(
    assembly: Path, out: Path, break_it: Callable[[Template], None], stack: str = "cluster", **options: Any
) -> RehearsalReport:
    return rehearse(with_mistake(assembly, out / "broken", stack, break_it), options=Options(**options))


def test_a_node_group_before_the_release_never_becomes_ready(assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        forget(template, find(template, HELM))
        for name in (find(template, NODES), find(template, "AWS::EC2::LaunchTemplate")):
            template["Resources"][name]["DependsOn"] = [find(template, "Custom::AwsNodeRemoval")]

    report = rehearse_broken(assembly, tmp_path, break_it)

    assert not report.succeeded
    assert "Nodegroup" in str([e.type for e in report.events if e.status == "CREATE_FAILED"])
    assert "NodeCreationFailure" in reasons(report)


def test_a_release_that_waits_before_there_are_nodes_times_out(assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        properties = template["Resources"][find(template, HELM)]["Properties"]
        properties.update(Wait=True, Timeout="10s")

    report = rehearse_broken(assembly, tmp_path, break_it)

    assert not report.succeeded
    (failed,) = [e for e in report.events if e.status == "CREATE_FAILED" and e.type == HELM]
    assert (
        "not ready" in failed.reason or "deadline exceeded" in failed.reason or "timed out" in failed.reason
    )


def test_a_node_group_before_everything_gets_aws_node(assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        forget(template, find(template, HELM))

    report = rehearse_broken(assembly, tmp_path, break_it)

    assert not report.succeeded
    assert "aws-node ran on it before Cilium" in reasons(report)


def test_aws_node_that_is_still_there_spoils_the_first_node(assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        remove(template, find(template, "Custom::AwsNodeRemoval"))

    report = rehearse_broken(assembly, tmp_path, break_it)

    assert not report.succeeded
    assert "aws-node" in reasons(report)
    assert "prefix" in reasons(report)


def refuse_nodes(template: Template) -> None:
    """Let the removal refuse running nodes, with the right that it gets on an imported cluster."""
    template["Resources"][find(template, "Custom::AwsNodeRemoval")]["Properties"]["RefuseNodes"] = "true"
    properties = template["Resources"][find(template, MANIFEST, "AwsNodeRemoval")]["Properties"]
    role, binding = json.loads(properties["Manifest"])
    name = {"name": role["metadata"]["name"], "labels": role["metadata"]["labels"]}
    rules = [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]}]
    wide = [
        role | {"kind": "ClusterRole", "metadata": name, "rules": rules},
        binding
        | {
            "kind": "ClusterRoleBinding",
            "metadata": name,
            "roleRef": binding["roleRef"] | {"kind": "ClusterRole"},
        },
    ]
    properties["Manifest"] = json.dumps([role, binding, *wide])


def test_a_removal_from_under_running_nodes_is_refused_with_their_names(
    assembly: Path, tmp_path: Path
) -> None:
    def break_it(template: Template) -> None:
        refuse_nodes(template)
        forget(template, find(template, HELM))
        template["Resources"][find(template, "Custom::AwsNodeRemoval")]["DependsOn"].append(
            find(template, NODES)
        )

    report = rehearse_broken(assembly, tmp_path, break_it)

    assert not report.succeeded
    assert "must run on no node when it is removed, got 2 that would lose their network (ip-10-0-" in reasons(
        report
    )


def test_the_same_refusal_does_no_harm_before_any_node(assembly: Path, tmp_path: Path) -> None:
    report = rehearse_broken(assembly, tmp_path, refuse_nodes)

    assert report.succeeded, reasons(report)


def test_a_pod_subnet_before_its_cidr_is_outside_the_vpc(assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        forget(template, find(template, "AWS::EC2::VPCCidrBlock"))

    report = rehearse_broken(assembly, tmp_path, break_it, stack="network")

    assert not report.succeeded
    assert "InvalidSubnet.Range" in reasons(report)


def test_agents_need_kube_proxy_or_its_replacement(bare_assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        remove(template, find(template, "AWS::EKS::Addon", "KubeProxy"))

    report = rehearse_broken(bare_assembly, tmp_path, break_it)

    assert not report.succeeded
    assert "kube-proxy" in reasons(report)


def test_a_manifest_before_the_api_is_ready_is_unauthorized(assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        remove(template, find(template, "Custom::AWSCDK-EKS-KubernetesObjectValue"))

    report = rehearse_broken(assembly, tmp_path, break_it, authorization_delay=30.0)

    assert not report.succeeded
    failed, *_ = [e for e in report.events if e.status == "CREATE_FAILED" and e.type == MANIFEST]
    assert "asked for the client to provide credentials" in failed.reason


def test_the_same_late_access_entry_does_no_harm_with_the_wait(assembly: Path) -> None:
    report = rehearse(assembly, options=Options(authorization_delay=8.0))

    assert report.succeeded, reasons(report)


def test_core_dns_before_the_nodes_stays_degraded(bare_assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        forget(template, find(template, NODES))

    report = rehearse_broken(bare_assembly, tmp_path, break_it)

    assert not report.succeeded
    assert "coredns" in reasons(report).lower()
    assert "DEGRADED" in reasons(report)


def test_interfaces_left_behind_are_swept(assembly: Path) -> None:
    report = rehearse(assembly, options=Options(orphan_enis=2))

    assert report.succeeded, reasons(report)
    swept = report.position("PlatformCiliumEniSweep", "DELETE_IN_PROGRESS")
    assert report.position("PlatformCiliumChart", "DELETE_COMPLETE") < swept
    gone = report.position("PlatformCiliumEniSweep", "DELETE_COMPLETE")
    assert gone < report.position("PlatformControlPlane", "DELETE_IN_PROGRESS")


def test_a_group_that_names_the_clusters_keeps_it_and_then_the_vpc(assembly: Path) -> None:
    def add_a_database(account: Account) -> None:
        (cluster,) = account.clusters.values()
        ec2 = account.client("ec2")
        (own,) = ec2.describe_security_groups(GroupIds=[cluster.security_group])["SecurityGroups"]
        made = ec2.create_security_group(GroupName="database", Description="d", VpcId=own["VpcId"])
        admitted = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": cluster.security_group}]}
        ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=[admitted])

    report = rehearse(assembly, inspect=add_a_database)

    assert any("EKS left the security group of cluster" in note for note in report.notes)
    (failed,) = [e for e in report.events if e.status == "DELETE_FAILED" and e.type == "AWS::EC2::VPC"]
    assert "DependencyViolation" in failed.reason


def test_without_the_sweep_interfaces_left_behind_keep_their_subnets(assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        remove(template, find(template, "Custom::EniSweep"))

    report = rehearse_broken(assembly, tmp_path, break_it, orphan_enis=2)

    assert not report.succeeded
    (failed, *_) = [e for e in report.events if e.status == "DELETE_FAILED"]
    assert failed.type == "AWS::EC2::Subnet"
    assert "DependencyViolation" in reasons(report)
    assert "(available)" in reasons(report)


def test_a_sweep_before_the_operator_is_gone_misses_what_it_leaves(assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        sweep = find(template, "Custom::EniSweep")
        forget(template, sweep)
        template["Resources"][sweep]["DependsOn"] = [find(template, NODES)]
        # The function would wait for the nodes for its whole timeout, less its reserve.
        template["Resources"][sweep]["Properties"]["ServiceTimeout"] = "40"

    report = rehearse_broken(assembly, tmp_path, break_it, orphan_enis=2)

    assert not report.succeeded
    assert "must be gone before subnets and security groups can go" in reasons(report)
    assert "in-use, attached to i-" in reasons(report)


def test_an_image_that_eks_chooses_takes_more_pods_than_cilium_has_addresses(
    assembly: Path, tmp_path: Path
) -> None:
    def break_it(template: Template) -> None:
        resources = template["Resources"]
        data = resources[find(template, "AWS::EC2::LaunchTemplate")]["Properties"]["LaunchTemplateData"]
        # As this library once wrote it: our max pods in the user data, which EKS merges with its own.
        del data["ImageId"]
        data["UserData"] = {"Fn::Base64": "[settings.kubernetes]\nmax-pods = 95\n"}
        group = resources[find(template, NODES)]["Properties"]
        group |= {"AmiType": "BOTTLEROCKET_x86_64", "InstanceTypes": ["t3.small"], "Version": "1.35"}

    report = rehearse_broken(assembly, tmp_path, break_it)

    assert not report.succeeded
    assert "its kubelet takes 110 pods, and Cilium has 96 addresses for it" in reasons(report)


TAKEOVER = "Custom::CiliumReleaseTakeover"


def another_release(template: Template, values: str = '"hubble":{"enabled":false}') -> None:
    """Change the values of the release, and what tells the takeover of it."""
    resources = template["Resources"]
    text = resources[find(template, HELM)]["Properties"]["Values"]["Fn::Join"][1]
    # Of two equal keys the last one counts.
    text[-1] = text[-1][:-1] + f",{values}}}"
    for takeover in (each for each in resources.values() if each["Type"] == TAKEOVER):
        takeover["Properties"]["Values"] = "another"


def without_takeover(template: Template) -> None:
    remove(template, find(template, TAKEOVER))
    template.get("Outputs", {}).pop("TakenBack", None)


def objects_of_the_chart(account: Account) -> list[dict[str, Any]]:
    """The configuration, the operator and the agent."""
    (cluster,) = account.clusters.values()
    kinds = {"ConfigMap": "cilium-config", "Deployment": "cilium-operator", "DaemonSet": "cilium"}
    found = [cluster.kubernetes.get(kind, name, "kube-system") for kind, name in kinds.items()]
    return [each for each in found if each is not None]


def change_by_hand(account: Account) -> None:
    """What people do: a patched ConfigMap, a scaled Deployment, an edited DaemonSet."""
    (cluster,) = account.clusters.values()
    config, operator, agent = objects_of_the_chart(account)
    config["data"] |= {"cluster-name": "mine", "debug-verbose": "datapath"}
    operator["spec"]["replicas"] = 5
    agent["spec"]["template"]["spec"]["containers"][0]["image"] = "mine"
    for changed in (config, operator, agent):
        cluster.kubernetes.apply(changed, manager="kubectl-edit")


def test_a_change_by_hand_locks_the_release_and_the_roll_back_without_the_takeover(
    assembly: Path, tmp_path: Path
) -> None:
    first = with_mistake(assembly, tmp_path / "first", "cluster", without_takeover)
    second = with_mistake(first, tmp_path / "second", "cluster", another_release)

    report = rehearse(first, update=second, between=change_by_hand)

    assert not report.succeeded
    assert 'conflict with "kubectl-edit" using' in reasons(report)
    assert ".spec.replicas" in reasons(report)
    assert "UPDATE_ROLLBACK_FAILED" in [event.status for event in report.events]


def test_the_takeover_lets_the_same_update_take_everything_back(assembly: Path, tmp_path: Path) -> None:
    second = with_mistake(assembly, tmp_path / "second", "cluster", another_release)
    found: dict[str, Any] = {}

    def look(account: Account) -> None:
        config, operator, agent = objects_of_the_chart(account)
        found["name"] = config["data"]["cluster-name"]
        found["added"] = config["data"].get("debug-verbose")
        found["replicas"] = operator["spec"]["replicas"]
        found["image"] = agent["spec"]["template"]["spec"]["containers"][0]["image"]

    report = rehearse(assembly, update=second, between=change_by_hand, inspect=look)

    assert report.succeeded, reasons(report)
    assert found["name"] != "mine"
    assert found["added"] is None
    assert found["replicas"] != 5
    assert found["image"] != "mine"


def test_a_failed_update_goes_back_over_a_change_by_hand(assembly: Path, tmp_path: Path) -> None:
    def fail_to_render(template: Template) -> None:
        another_release(template, '"tunnel":"vxlan"')

    second = with_mistake(assembly, tmp_path / "second", "cluster", fail_to_render)

    report = rehearse(assembly, update=second, between=change_by_hand)

    assert "tunnel is gone since 1.15" in reasons(report)
    statuses = [event.status for event in report.events]
    assert "UPDATE_ROLLBACK_COMPLETE" in statuses
    assert "UPDATE_ROLLBACK_FAILED" not in statuses
