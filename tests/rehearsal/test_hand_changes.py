"""Changes by hand to objects of the chart, with and without the takeover of the release."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.account import Account
from rehearsal.rehearse import rehearse
from tests.rehearsal.assemblies import ROOT, Template, find, remove, synthesize, with_mistake
from tests.rehearsal.mistakes import HELM, reasons

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(ROOT / "settings.yaml", tmp_path_factory.mktemp("default"))


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

    report = rehearse(first, update=second, destroy=False, between=change_by_hand)

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

    report = rehearse(assembly, update=second, destroy=False, between=change_by_hand, inspect=look)

    assert report.succeeded, reasons(report)
    assert found["name"] != "mine"
    assert found["added"] is None
    assert found["replicas"] != 5
    assert found["image"] != "mine"


def test_a_failed_update_goes_back_over_a_change_by_hand(assembly: Path, tmp_path: Path) -> None:
    def fail_to_render(template: Template) -> None:
        another_release(template, '"tunnel":"vxlan"')

    second = with_mistake(assembly, tmp_path / "second", "cluster", fail_to_render)

    report = rehearse(assembly, update=second, destroy=False, between=change_by_hand)

    assert "tunnel is gone since 1.15" in reasons(report)
    statuses = [event.status for event in report.events]
    assert "UPDATE_ROLLBACK_COMPLETE" in statuses
    assert "UPDATE_ROLLBACK_FAILED" not in statuses
