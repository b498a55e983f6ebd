"""CRDs that the settings say are there before the release: the rehearsal's cluster has stand-ins of them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from rehearsal.aws.account import Account
from rehearsal.aws.runtime import Options
from rehearsal.rehearse import rehearse
from tests.rehearsal.assemblies import ROOT, synthesize

pytestmark = pytest.mark.slow

CHARTS = Path(os.environ["CILIUM_CHARTS"]) if os.environ.get("CILIUM_CHARTS") else None
MONITOR = "overrides: {operator: {prometheus: {serviceMonitor: {enabled: true}}}}"
STAND_INS = "stand-ins without schemas for the CRDs that existing_crds names: "


def app(folder: Path, *lines: str) -> Path:
    """The assembly of the default settings with these lines in their section of Cilium."""
    before, egress, after = (ROOT / "settings.yaml").read_text().partition("  egress: node\n")
    settings = folder.with_suffix(".yaml")
    settings.write_text("".join([before, egress, *(f"  {line}\n" for line in lines), after]))
    return synthesize(settings, folder)


@pytest.fixture(scope="module")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("monitored") / "out"
    return app(folder, "existing_crds: [monitoring.coreos.com]", MONITOR)


def test_the_template_tells_the_groups_of_each_release(monitored: Path) -> None:
    (template,) = (json.loads(each.read_text()) for each in monitored.glob("*-cluster.template.json"))
    (told,) = template["Metadata"]["cdk-eks-cilium:existing-crds"]
    assert told["groups"] == ["monitoring.coreos.com"]
    assert template["Resources"][told["release"]]["Type"] == "Custom::AWSCDK-EKS-HelmChart"


def test_a_cluster_has_them_before_the_release_and_a_note_says_what_a_new_one_lacks(
    monitored: Path, tmp_path: Path
) -> None:
    groups = "existing_crds: [monitoring.coreos.com, cert-manager.io]"
    # The cluster's first deployment has one group. The second changes the release, and has two.
    after = app(tmp_path / "out", groups, f"{MONITOR[:-1]}, debug: {{enabled: true}}}}")
    found = {}

    def look(account: Account) -> None:
        (cluster,) = account.clusters.values()
        for name in ("servicemonitors.monitoring.coreos.com", "certificates.cert-manager.io"):
            found[name] = cluster.kubernetes.get("CustomResourceDefinition", name) is not None
        if CHARTS:
            found["operator"] = bool(cluster.kubernetes.objects("ServiceMonitor", "kube-system"))

    report = rehearse(monitored, update=after, options=Options(charts=CHARTS), inspect=look)

    assert report.problems == []
    assert set(found.values()) == {True}
    assert [note for note in report.notes if "existing_crds" in note] == [
        f"{STAND_INS}servicemonitors.monitoring.coreos.com; in a new cluster Helm fails until somebody "
        "installs them",
        f"{STAND_INS}certificates.cert-manager.io",
    ]
