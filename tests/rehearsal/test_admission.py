"""Namespaces that do not admit Cilium's pods: the nodes wait for them, and the rehearsal says why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rehearsal.aws.account import Account
from rehearsal.aws.runtime import Options
from rehearsal.rehearse import rehearse
from tests.rehearsal.assemblies import ROOT, Template, synthesize
from tests.rehearsal.mistakes import reasons, rehearse_broken

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(ROOT / "settings.yaml", tmp_path_factory.mktemp("default"))


def test_a_quota_of_kube_system_that_is_too_small_keeps_the_agents_away(
    assembly: Path, tmp_path: Path
) -> None:
    def break_it(template: Template) -> None:
        # Somebody's manifest, before the release.
        manifest = next(
            each["Properties"]
            for name, each in template["Resources"].items()
            if each["Type"] == "Custom::AWSCDK-EKS-KubernetesResource" and "AwsNodeRemoval" in name
        )
        metadata = {"name": "small", "namespace": "kube-system"}
        quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata}
        objects = [*json.loads(manifest["Manifest"]), quota | {"spec": {"hard": {"pods": "0"}}}]
        manifest["Manifest"] = json.dumps(objects)

    report = rehearse_broken(assembly, tmp_path, break_it)

    assert not report.succeeded
    # CoreDNS had its pods before the quota.
    words = "exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=0; raise the quota"
    assert f"namespace kube-system refuses the pods of DaemonSet cilium: {words}" in reasons(report)


def test_a_restricted_kube_system_keeps_the_agents_off_new_nodes(assembly: Path) -> None:
    def restrict(account: Account) -> None:
        (cluster,) = account.clusters.values()
        namespace = cluster.kubernetes.get("Namespace", "kube-system")
        assert namespace is not None
        namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "restricted"
        cluster.kubernetes.apply(namespace, manager="kubectl-label")

    report = rehearse(
        assembly, update=assembly, destroy=False, between=restrict, options=Options(new_images=True)
    )

    assert not report.succeeded
    words = (
        'namespace kube-system refuses the pods of DaemonSet cilium: violates PodSecurity "restricted:latest"'
    )
    assert words in reasons(report)
