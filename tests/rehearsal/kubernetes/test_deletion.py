from __future__ import annotations

from typing import Any

import pytest

from rehearsal.kubernetes import KubernetesCluster
from rehearsal.kubernetes.deletion import finalizers_of
from rehearsal.kubernetes.resources import BUILT_IN
from tests.rehearsal.kubernetes.commands import config_map
from tests.rehearsal.kubernetes.test_server import MAPS, call

JOB = next(each for each in BUILT_IN if each.kind == "Job")
MAP = next(each for each in BUILT_IN if each.kind == "ConfigMap")


def owned(name: str, *owners: dict[str, Any], finalizers: list[str] | None = None) -> dict[str, Any]:
    manifest = config_map(name)
    manifest["metadata"]["ownerReferences"] = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "name": owner["metadata"]["name"],
            "uid": owner["metadata"]["uid"],
            "blockOwnerDeletion": True,
        }
        for owner in owners
    ]
    manifest["metadata"]["finalizers"] = finalizers or []
    return manifest


def made(cluster: KubernetesCluster, manifest: dict[str, Any]) -> dict[str, Any]:
    status, answer = call(cluster, "POST", MAPS, manifest)
    assert status == 201, answer
    return dict(answer)


def present(cluster: KubernetesCluster) -> list[str]:
    names = [found["metadata"]["name"] for found in cluster.objects("ConfigMap", "default")]
    return [name for name in names if name != "kube-root-ca.crt"]


def test_dependents_of_dependents_go_too(cluster: KubernetesCluster) -> None:
    parent = made(cluster, config_map("parent"))
    child = made(cluster, owned("child", parent))
    made(cluster, owned("grandchild", child))
    call(cluster, "DELETE", f"{MAPS}/parent")
    assert present(cluster) == []


def test_a_dependent_of_two_owners_stays_with_the_other(cluster: KubernetesCluster) -> None:
    one, two = made(cluster, config_map("one")), made(cluster, config_map("two"))
    made(cluster, owned("child", one, two))
    call(cluster, "DELETE", f"{MAPS}/one")
    assert present(cluster) == ["child", "two"]
    call(cluster, "DELETE", f"{MAPS}/two")
    assert present(cluster) == []


def test_in_the_foreground_an_owner_waits_for_what_blocks_it(cluster: KubernetesCluster) -> None:
    parent = made(cluster, config_map("parent"))
    made(cluster, owned("child", parent, finalizers=["example.org/hold"]))
    status, answer = call(cluster, "DELETE", f"{MAPS}/parent", {"propagationPolicy": "Foreground"})
    assert (status, answer["metadata"]["finalizers"]) == (200, ["foregroundDeletion"])
    assert present(cluster) == ["child", "parent"]
    patch, kind = {"metadata": {"finalizers": None}}, "application/merge-patch+json"
    call(cluster, "PATCH", f"{MAPS}/child", patch, content_type=kind)
    assert present(cluster) == []


def test_orphans_lose_their_owner_and_stay(cluster: KubernetesCluster) -> None:
    made(cluster, owned("child", made(cluster, config_map("parent"))))
    call(cluster, "DELETE", f"{MAPS}/parent", {"propagationPolicy": "Orphan"})
    assert present(cluster) == ["child"]
    child = cluster.get("ConfigMap", "child", "default")
    assert child is not None
    assert "ownerReferences" not in child["metadata"]


@pytest.mark.parametrize(
    ("policy", "present", "expected"),
    [
        ("", [], []),
        ("", ["orphan"], ["orphan"]),
        ("Background", ["orphan", "mine"], ["mine"]),
        ("Foreground", ["orphan"], ["foregroundDeletion"]),
        ("Orphan", ["mine"], ["mine", "orphan"]),
    ],
)
def test_a_policy_decides_about_the_collectors_finalizers(
    policy: str, present: list[str], expected: list[str]
) -> None:
    found = {"metadata": {"finalizers": present}}
    assert finalizers_of(MAP, found, policy) == expected


def test_jobs_orphan_their_pods_unless_somebody_asks() -> None:
    assert finalizers_of(JOB, {"metadata": {}}, "") == ["orphan"]
    assert finalizers_of(JOB, {"metadata": {}}, "Background") == []


def test_a_dry_run_in_the_body_deletes_nothing(cluster: KubernetesCluster) -> None:
    made(cluster, config_map("kept"))
    assert call(cluster, "DELETE", f"{MAPS}/kept", {"dryRun": ["All"]})[0] == 200
    assert present(cluster) == ["kept"]


def test_a_collection_is_deleted_with_the_options_of_the_body(cluster: KubernetesCluster) -> None:
    for name in "ab":
        made(cluster, config_map(name))
    status, answer = call(cluster, "DELETE", MAPS, {"dryRun": ["All"]})
    assert (status, len(answer["items"])) == (200, 3)
    assert present(cluster) == ["a", "b"]


def test_an_owner_reference_without_an_identity_breaks_nothing(cluster: KubernetesCluster) -> None:
    odd = config_map("odd")
    odd["metadata"]["ownerReferences"] = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "x"}]
    call(cluster, "POST", MAPS, odd)
    assert call(cluster, "POST", MAPS, config_map("after"))[0] == 201


def test_a_namespace_waits_for_finalizers_and_takes_nothing_new(cluster: KubernetesCluster) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}
    call(cluster, "POST", "/api/v1/namespaces", namespace)
    maps = "/api/v1/namespaces/team/configmaps"
    held = config_map("held", "team")
    held["metadata"]["finalizers"] = ["example.org/hold"]
    assert call(cluster, "POST", maps, held)[0] == 201
    status, answer = call(cluster, "DELETE", "/api/v1/namespaces/team")
    assert (status, answer["status"]["phase"]) == (200, "Terminating")
    found = call(cluster, "GET", "/api/v1/namespaces/team")[1]
    conditions = {each["type"]: each["message"] for each in found["status"]["conditions"]}
    assert conditions["NamespaceFinalizersRemaining"].endswith("example.org/hold in 1 resource instances")
    status, answer = call(cluster, "POST", maps, config_map("late", "team"))
    assert (status, answer["details"]["causes"][0]["reason"]) == (403, "NamespaceTerminating")
    patch, kind = {"metadata": {"finalizers": None}}, "application/merge-patch+json"
    call(cluster, "PATCH", f"{maps}/held", patch, content_type=kind)
    assert call(cluster, "GET", "/api/v1/namespaces/team")[0] == 404
    assert cluster.objects("ConfigMap", "team") == []
