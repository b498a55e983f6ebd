"""What a destroy leaves behind, with and without the sweep."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.aws.account import Account
from rehearsal.aws.runtime import Options
from rehearsal.rehearse import rehearse
from tests.rehearsal.assemblies import ROOT, Template, find, forget, remove, synthesize
from tests.rehearsal.mistakes import NODES, reasons, rehearse_broken

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(ROOT / "settings.yaml", tmp_path_factory.mktemp("default"))


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

    report = rehearse_broken(assembly, tmp_path, break_it, destroy=True, orphan_enis=2)

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

    report = rehearse_broken(assembly, tmp_path, break_it, destroy=True, orphan_enis=2)

    assert not report.succeeded
    assert "must be gone before subnets and security groups can go" in reasons(report)
    assert "in-use, attached to i-" in reasons(report)
