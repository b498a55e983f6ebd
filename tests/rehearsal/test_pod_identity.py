"""The app with the operator's role by EKS Pod Identity, rehearsed, and what goes wrong without its order."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.rehearse import rehearse
from tests.rehearsal.assemblies import ROOT, Template, find, forget, remove, synthesize
from tests.rehearsal.mistakes import HELM, reasons, rehearse_broken

pytestmark = pytest.mark.slow

ASSOCIATION = "AWS::EKS::PodIdentityAssociation"
ASSOCIATED = "PlatformCiliumPodIdentityAssociation"
AGENT = "PlatformControlPlaneEksPodIdentityAgentAddon"


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(
        ROOT / "tests/stacks/settings/pod-identity.yaml", tmp_path_factory.mktemp("pod-identity")
    )


def test_pods_get_addresses_with_a_role_by_pod_identity_and_a_destroy_leaves_nothing(assembly: Path) -> None:
    report = rehearse(assembly)

    assert report.problems == []
    assert report.succeeded
    association, agent, release = (
        report.position(name, "CREATE_COMPLETE") for name in (ASSOCIATED, AGENT, "PlatformCiliumChart")
    )
    assert association < agent < release
    assert report.position("PlatformCiliumChart", "DELETE_COMPLETE") < report.position(
        ASSOCIATED, "DELETE_IN_PROGRESS"
    )


def test_an_association_after_the_operator_has_no_effect_on_it(assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        name, release = find(template, ASSOCIATION), find(template, HELM)
        forget(template, name)
        forget(template, find(template, "AWS::EKS::Addon", "PodIdentity"))
        template["Resources"][name]["DependsOn"] = [release]

    report = rehearse_broken(assembly, tmp_path, break_it)

    assert not report.succeeded
    assert "made before its Pod Identity association and keeps the node's role" in reasons(report)


def test_without_an_association_the_operator_has_no_role(assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        remove(template, find(template, ASSOCIATION))

    report = rehearse_broken(assembly, tmp_path, break_it)

    assert not report.succeeded
    assert "cilium-operator has no role" in reasons(report)


def test_without_the_agent_the_operator_gets_no_credentials(assembly: Path, tmp_path: Path) -> None:
    def break_it(template: Template) -> None:
        remove(template, find(template, "AWS::EKS::Addon", "PodIdentity"))

    report = rehearse_broken(assembly, tmp_path, break_it)

    assert not report.succeeded
    assert "the add-on eks-pod-identity-agent is not installed" in reasons(report)
