"""What keeps a cluster, in the templates and in the manifest that CDK deploys by."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk
import pytest

from app import build, context
from cdk_eks_cilium.settings import load, parse
from tests.small_apps import TEMPLATES_ONLY
from tests.stacks.conftest import SETTINGS, Templates, flat


@pytest.fixture
def kept(synthesize: Callable[[str], Templates]) -> Templates:
    return synthesize("kept")


def manifest(data: dict[str, object] | None, out: Path) -> dict[str, bool]:
    """Whether each stack has termination protection, by its name."""
    app = cdk.App(
        context={**context(), **TEMPLATES_ONLY}, outdir=str(out), builtin_cloud_formation_validation=False
    )
    build(app, load(SETTINGS["kept"]) if data is None else parse(data))
    app.synth()
    artifacts = json.loads((out / "manifest.json").read_text())["artifacts"]
    return {
        name: bool(artifact["properties"].get("terminationProtection"))
        for name, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }


def test_every_stack_is_protected_that_the_settings_protect(tmp_path: Path) -> None:
    tenants = {"tenants": [{"namespace": "shop"}], "termination_protection": True}

    assert manifest(None, tmp_path / "kept") == {"kept-network": True, "kept-cluster": True}
    assert manifest(tenants, tmp_path / "tenants") == {
        "platform-network": True,
        "platform-cluster": True,
        "platform-tenants": True,
    }


def test_no_stack_is_protected_by_default(tmp_path: Path) -> None:
    assert manifest({}, tmp_path) == {"platform-network": False, "platform-cluster": False}


def test_the_cluster_has_what_the_settings_name(kept: Templates) -> None:
    _, cluster = kept.only("AWS::EKS::Cluster")

    assert cluster["DeletionProtection"] is True
    assert cluster["UpgradePolicy"] == {"SupportType": "STANDARD"}
    assert cluster["ZonalShiftConfig"] == {"Enabled": True}
    assert cluster["RoleArn"] == "arn:aws:iam::111122223333:role/eks-control-plane"
    assert [config["Provider"]["KeyArn"] for config in cluster["EncryptionConfig"]] == [
        "arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef"
    ]


def test_a_key_and_a_role_of_ones_own_leave_none_of_the_stack(kept: Templates) -> None:
    assert kept.of_type("AWS::KMS::Key") == {}
    assert not [name for name in kept.of_type("AWS::IAM::Role") if "ControlPlaneResourceRole" in name]


def test_the_role_of_ones_own_gets_no_policy(kept: Templates) -> None:
    attached = [
        flat(policy["Properties"].get("Roles", ""))
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for policy in kept.of_type(kind).values()
    ]

    assert "eks-control-plane" not in str(attached)


def test_flow_logs_go_where_the_settings_say(kept: Templates) -> None:
    _, flow_log = kept.only("AWS::EC2::FlowLog", "network")
    _, group = kept.only("AWS::Logs::LogGroup", "network")

    assert (flow_log["TrafficType"], flow_log["LogDestinationType"]) == ("REJECT", "cloud-watch-logs")
    assert group["RetentionInDays"] == 90


def test_without_the_setting_there_are_no_flow_logs(default: Templates) -> None:
    assert default.of_type("AWS::EC2::FlowLog", "network") == {}
