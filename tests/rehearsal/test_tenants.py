"""Tenants in a rehearsed cluster: policies are created, change one by one, and are retained or deleted."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.aws.account import Account
from rehearsal.rehearse import rehearse
from rehearsal.report.outcome import RehearsalReport
from tests.rehearsal.assemblies import ROOT, synthesize

pytestmark = pytest.mark.slow

SETTINGS = ROOT / "tests/stacks/settings"


def policies(account: Account) -> dict[str, dict[str, Any]]:
    """Every CiliumNetworkPolicy by ``namespace/name``."""
    (cluster,) = account.clusters.values()
    found = cluster.kubernetes.objects("CiliumNetworkPolicy")
    return {f"{each['metadata']['namespace']}/{each['metadata']['name']}": each for each in found}


def namespaces(account: Account) -> set[str]:
    (cluster,) = account.clusters.values()
    return {each["metadata"]["name"] for each in cluster.kubernetes.objects("Namespace")}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(SETTINGS / "tenants.yaml", tmp_path_factory.mktemp("first") / "out")


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with another port for shop's web, and without the tenants legacy and batch."""
    folder = tmp_path_factory.mktemp("second")
    shutil.copytree(SETTINGS / "tenants", folder / "tenants")
    settings = yaml.safe_load((SETTINGS / "tenants.yaml").read_text(encoding="utf-8"))
    settings["tenants"] = [each for each in settings["tenants"] if each["namespace"] == "shop"]
    (folder / "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    web = folder / "tenants/shop/web.yaml"
    web.write_text(web.read_text(encoding="utf-8").replace('"8080"', '"9090"'), encoding="utf-8")
    return synthesize(folder / "settings.yaml", folder / "out")


@pytest.fixture(scope="module")
def played(first: Path, second: Path) -> tuple[RehearsalReport, dict[str, Any]]:
    """The report of a creation, an update and a destruction, and the cluster's objects before the last."""
    seen: dict[str, Any] = {}

    def look(account: Account) -> None:
        seen["policies"] = policies(account)
        seen["namespaces"] = namespaces(account)

    return rehearse(first, update=second, inspect=look), seen


def test_tenants_come_up_change_and_leave_nothing(played: tuple[RehearsalReport, dict[str, Any]]) -> None:
    report, _ = played
    assert report.problems == []
    assert report.succeeded


def test_policies_come_after_the_nodes_and_go_before_them(
    played: tuple[RehearsalReport, dict[str, Any]],
) -> None:
    report, _ = played
    nodes = "PlatformCiliumNodeGroupsworkers"
    sets = [event.logical_id for event in report.events if event.type == "Custom::CiliumPolicySet"]
    assert len(set(sets)) == 3
    for name in set(sets):
        assert report.position(name, "CREATE_IN_PROGRESS") > report.position(nodes, "CREATE_COMPLETE")


def test_a_policy_that_changed_is_the_new_one(played: tuple[RehearsalReport, dict[str, Any]]) -> None:
    _, seen = played
    (rule,) = seen["policies"]["shop/web"]["spec"]["ingress"]
    assert rule["toPorts"] == [{"ports": [{"port": "9090", "protocol": "TCP"}]}]


def test_a_tenant_that_is_retained_keeps_namespace_and_policies(
    played: tuple[RehearsalReport, dict[str, Any]],
) -> None:
    _, seen = played
    assert "legacy" in seen["namespaces"]
    assert {"shop/default-deny", "shop/web", "shop/api"} <= seen["policies"].keys()


def test_a_tenant_that_is_deleted_goes_with_its_policies(
    played: tuple[RehearsalReport, dict[str, Any]],
) -> None:
    report, seen = played
    assert "batch" not in seen["namespaces"]
    assert not [name for name in seen["policies"] if name.startswith("batch/")]
    sets = [e for e in report.events if "batch" in e.logical_id and e.status == "DELETE_COMPLETE"]
    kinds = [event.type for event in sets]
    assert kinds.index("Custom::CiliumPolicySet") < kinds.index("Custom::AWSCDK-EKS-KubernetesResource")


def test_what_did_not_change_was_not_touched(played: tuple[RehearsalReport, dict[str, Any]]) -> None:
    _, seen = played
    generations = {name: each["metadata"].get("generation", 1) for name, each in seen["policies"].items()}
    assert generations["shop/web"] > generations["shop/api"] == generations["shop/default-deny"] == 1
