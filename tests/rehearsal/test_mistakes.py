"""Each mistake that the design forbids, built on purpose: the rehearsal fails and says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.aws.runtime import Options
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport
from tests.rehearsal.assemblies import ROOT, Template, find, forget, remove, synthesize
from tests.rehearsal.mistakes import HELM, NODES, reasons, rehearse_broken

pytestmark = pytest.mark.slow

MANIFEST = "Custom::AWSCDK-EKS-KubernetesResource"

Rehearse = Callable[..., RehearsalReport]


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(ROOT / "settings.yaml", tmp_path_factory.mktemp("default"))


@pytest.fixture(scope="module")
def bare_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = ROOT / "tests/stacks/settings/never-install.yaml"
    return synthesize(settings, tmp_path_factory.mktemp("bare"))


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
    report = rehearse_broken(assembly, tmp_path, refuse_nodes, destroy=True)

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
    report = rehearse(assembly, destroy=False, options=Options(authorization_delay=8.0))

    assert report.succeeded, reasons(report)


def test_core_dns_before_the_nodes_stays_degraded(bare_assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        forget(template, find(template, NODES))

    report = rehearse_broken(bare_assembly, tmp_path, break_it)

    assert not report.succeeded
    assert "coredns" in reasons(report).lower()
    assert "DEGRADED" in reasons(report)


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
    assert "status.allocatable.pods is 110, expected at most 97" in reasons(report)
