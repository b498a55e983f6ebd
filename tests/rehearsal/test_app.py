"""The app's own assemblies, rehearsed: updates, and failures with their roll-back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rehearsal.aws.account import Account
from rehearsal.aws.runtime import Options
from rehearsal.cloudformation.state import Event
from rehearsal.rehearse import rehearse
from tests.rehearsal.assemblies import ROOT, find, synthesize

pytestmark = pytest.mark.slow

CHARTS = Path(os.environ["CILIUM_CHARTS"]) if os.environ.get("CILIUM_CHARTS") else None

AWS_NODE_ENABLED = "io.cilium/aws-node-enabled"

ENVIRONMENTS = {"default": ROOT / "settings.yaml", "patch": ROOT / "tests/stacks/settings/patch.yaml"}


def test_a_failing_node_group_rolls_everything_back(tmp_path: Path) -> None:
    assembly = synthesize(ENVIRONMENTS["default"], tmp_path)

    report = rehearse(assembly, options=Options(charts=CHARTS, fail="AWS::EKS::Nodegroup"))

    assert report.succeeded, report.problems
    assert [reason for reason in report.failures.values() if "on purpose" in reason]
    assert report.position("PlatformControlPlane", "DELETE_COMPLETE") > report.position(
        "PlatformCiliumChart", "DELETE_COMPLETE"
    )


def with_cilium(setting: str) -> str:
    """The default settings, with one more in their section of Cilium."""
    before, egress, after = ENVIRONMENTS["default"].read_text().partition("  egress: node\n")
    assert egress
    return f"{before}{egress}  {setting}\n{after}"


def test_a_changed_value_reaches_the_release_without_touching_the_network(tmp_path: Path) -> None:
    changed = tmp_path / "changed.yaml"
    changed.write_text(with_cilium("overrides: {debug: {enabled: true}}"))
    before = synthesize(ENVIRONMENTS["default"], tmp_path / "before")
    after = synthesize(changed, tmp_path / "after")

    report = rehearse(before, update=after, destroy=False, options=Options(charts=CHARTS))

    updated = {
        e.logical_id
        for e in report.events
        if e.status == "UPDATE_COMPLETE" and e.type != "AWS::CloudFormation::Stack"
    }
    assert report.succeeded, report.problems
    assert [name for name in updated if name.startswith("PlatformCiliumChart")]
    assert not [name for name in updated if "Subnet" in name or "Nodegroup" in name]


def daemon_set_selector(account: Account, name: str) -> dict[str, str] | None:
    """The node selector of a DaemonSet; None when the cluster has no DaemonSet of that name."""
    (cluster,) = account.clusters.values()
    found = cluster.kubernetes.get("DaemonSet", name, "kube-system")
    return found and (found["spec"]["template"]["spec"].get("nodeSelector") or {})


def aws_node_selector(account: Account) -> dict[str, str] | None:
    return daemon_set_selector(account, "aws-node")


def with_strategy(strategy: str, out: Path) -> Path:
    """The assembly of the patch environment with another strategy."""
    settings = out / f"{strategy}.yaml"
    settings.write_text(ENVIRONMENTS["patch"].read_text().replace("aws_node: patch", f"aws_node: {strategy}"))
    return synthesize(settings, out / strategy)


def test_a_patch_is_there_until_the_destroy_and_then_taken_back(tmp_path: Path) -> None:
    assembly = synthesize(ENVIRONMENTS["patch"], tmp_path)
    accounts: list[Account] = []
    seen: dict[str, dict[str, str] | None] = {}

    def listen(event: Event) -> None:
        if accounts and event.type == "Custom::AwsNodeRemoval":
            seen[event.status] = aws_node_selector(accounts[0])

    report = rehearse(assembly, options=Options(charts=CHARTS), listener=listen, inspect=accounts.append)

    assert report.succeeded, report.problems
    assert seen == {"DELETE_IN_PROGRESS": {AWS_NODE_ENABLED: "true"}, "DELETE_COMPLETE": {}}


@pytest.mark.parametrize(("before", "after"), [("remove", "patch"), ("patch", "remove")])
def test_the_strategy_is_switched_by_an_update_of_the_resource_and_its_rights(
    before: str, after: str, tmp_path: Path
) -> None:
    found: list[dict[str, str] | None] = []

    report = rehearse(
        with_strategy(before, tmp_path),
        update=with_strategy(after, tmp_path),
        options=Options(charts=CHARTS),
        inspect=lambda account: found.append(aws_node_selector(account)),
    )

    updated = {e.type for e in report.events if e.status == "UPDATE_COMPLETE"}
    assert report.succeeded, report.problems
    assert updated - {"AWS::CloudFormation::Stack"} == {
        "Custom::AwsNodeRemoval",
        "Custom::AWSCDK-EKS-KubernetesResource",
    }
    assert found == [None]  # removed once, or removed now


def test_a_patch_goes_with_the_rollback_of_a_creation_that_fails(tmp_path: Path) -> None:
    assembly = synthesize(ENVIRONMENTS["patch"], tmp_path)

    report = rehearse(assembly, options=Options(charts=CHARTS, fail="AWS::EKS::Nodegroup"))

    assert report.succeeded, report.problems
    assert report.position("PlatformCiliumAwsNodeRemoval", "DELETE_COMPLETE") > report.position(
        "PlatformCiliumChart", "DELETE_COMPLETE"
    )


def with_replacement(on: bool, out: Path) -> Path:
    """The assembly of the default environment with or without kube-proxy."""
    settings = out / f"replacement-{on}.yaml"
    settings.write_text(with_cilium(f"kube_proxy_replacement: {on}".lower()))
    return synthesize(settings, out / str(on))


def test_kube_proxy_is_kept_off_and_comes_back_before_the_release_needs_it(tmp_path: Path) -> None:
    found: list[dict[str, str] | None] = []

    report = rehearse(
        with_replacement(True, tmp_path),
        update=with_replacement(False, tmp_path),
        destroy=False,
        options=Options(charts=CHARTS),
        inspect=lambda account: found.append(daemon_set_selector(account, "kube-proxy")),
    )

    kinds = [e.type for e in report.events if e.status == "UPDATE_COMPLETE"]
    assert report.succeeded, report.problems
    assert found == [{}]
    assert kinds.index("Custom::AwsNodeRemoval") < kinds.index("Custom::AWSCDK-EKS-HelmChart")
    assert "AWS::EKS::Nodegroup" in kinds


def test_find_names_one_resource() -> None:
    template = {"Resources": {"A": {"Type": "T"}, "B": {"Type": "U"}}}

    assert find(template, "T") == "A"
