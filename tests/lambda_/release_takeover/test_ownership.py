"""How fields change hands, without a server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.lambda_.release_takeover.conftest import entry, helm

OWN: dict[str, Any] = {"f:data": {"f:a": {}}}


def found(*entries: dict[str, Any], version: str = "v1") -> dict[str, Any]:
    return {"apiVersion": version, "metadata": {"name": "x", "managedFields": list(entries)}}


def test_fields_of_people_become_helms(code: SimpleNamespace) -> None:
    takeover = code.ownership.takeover_of(
        found(
            helm(OWN), entry("kubectl-patch", {"f:data": {"f:b": {}}}), entry("k9s", {"f:data": {"f:c": {}}})
        )
    )
    assert takeover.entries == [helm({"f:data": {"f:a": {}, "f:b": {}, "f:c": {}}})]
    assert takeover.taken == {
        "kubectl-patch at 2026-11-28T10:00:00Z": [".data.b"],
        "k9s at 2026-11-28T10:00:00Z": [".data.c"],
    }


def test_an_object_of_helm_alone_stays_as_it_is(code: SimpleNamespace) -> None:
    assert not code.ownership.takeover_of(found(helm(OWN))).changed


def test_a_scaled_deployment_gets_its_replicas_back(code: SimpleNamespace) -> None:
    scaled = entry("kubectl", {"f:spec": {"f:replicas": {}}}, version="apps/v1", subresource="scale")
    takeover = code.ownership.takeover_of(found(helm({}, "apps/v1"), scaled, version="apps/v1"))
    assert takeover.entries == [helm({"f:spec": {"f:replicas": {}}}, "apps/v1")]
    assert takeover.taken == {"kubectl (scale) at 2026-11-28T10:00:00Z": [".spec.replicas"]}


def test_the_status_stays_with_its_controller(code: SimpleNamespace) -> None:
    status = entry("kube-controller-manager", {"f:status": {"f:replicas": {}}}, subresource="status")
    takeover = code.ownership.takeover_of(found(helm(OWN), status))
    assert not takeover.changed


@pytest.mark.parametrize("manager", ["kube-controller-manager", "cilium-operator-aws"])
def test_what_a_controller_added_stays_and_is_nobodys(manager: str, code: SimpleNamespace) -> None:
    takeover = code.ownership.takeover_of(found(helm(OWN), entry(manager, {"f:spec": {"f:replicas": {}}})))
    assert takeover.entries == [helm(OWN)]
    assert takeover.taken == {}
    assert takeover.freed == {f"{manager} at 2026-11-28T10:00:00Z": [".spec.replicas"]}


def test_finalizers_owners_and_restarts_are_not_helms_to_remove(code: SimpleNamespace) -> None:
    restart: dict[str, Any] = {
        "f:template": {"f:metadata": {"f:annotations": {"f:kubectl.kubernetes.io/restartedAt": {}}}}
    }
    metadata: dict[str, Any] = {
        "f:finalizers": {".": {}, 'v:"x"': {}},
        "f:ownerReferences": {"k:{}": {}},
        "f:labels": {"f:y": {}},
    }
    takeover = code.ownership.takeover_of(
        found(
            helm(OWN), entry("kubectl-rollout", {"f:spec": restart}), entry("any", {"f:metadata": metadata})
        )
    )
    assert takeover.entries == [helm({**OWN, "f:metadata": {"f:labels": {"f:y": {}}}})]
    assert takeover.taken == {"any at 2026-11-28T10:00:00Z": [".metadata.labels.y"]}


def test_an_object_that_somebody_made_anew_gets_helm_as_manager(code: SimpleNamespace) -> None:
    made = entry("kubectl-create", {"f:data": {".": {}, "f:a": {}}})
    takeover = code.ownership.takeover_of(found(made))
    assert takeover.entries == [helm({"f:data": {".": {}, "f:a": {}}})]


def test_fields_of_another_version_become_nobodys(code: SimpleNamespace) -> None:
    old = entry("kubectl-edit", {"f:spec": {"f:x": {}}}, version="policy/v1beta1")
    takeover = code.ownership.takeover_of(found(helm(OWN, "policy/v1"), old, version="policy/v1"))
    assert takeover.entries == [helm(OWN, "policy/v1")]
    assert list(takeover.freed) == ["kubectl-edit at 2026-11-28T10:00:00Z"]


def test_fields_of_helm_3_become_those_of_helm_4_without_a_word(code: SimpleNamespace) -> None:
    takeover = code.ownership.takeover_of(found(helm(OWN), entry("helm", {"f:data": {"f:b": {}}})))
    assert takeover.entries == [helm({"f:data": {"f:a": {}, "f:b": {}}})]
    assert (takeover.changed, takeover.taken, takeover.freed) == (True, {}, {})


def test_a_whole_mapping_and_its_parts_are_both_kept(code: SimpleNamespace) -> None:
    whole = entry("kubectl-edit", {"f:data": {}})
    takeover = code.ownership.takeover_of(found(helm(OWN), whole))
    assert takeover.entries == [helm({"f:data": {"f:a": {}, ".": {}}})]


def test_an_item_of_a_list_is_written_by_its_keys(code: SimpleNamespace) -> None:
    image: dict[str, Any] = {"f:containers": {'k:{"name":"cilium-agent"}': {".": {}, "f:image": {}}}}
    takeover = code.ownership.takeover_of(found(helm(OWN), entry("kubectl-set", {"f:spec": image})))
    assert takeover.taken == {
        "kubectl-set at 2026-11-28T10:00:00Z": [
            '.spec.containers[name="cilium-agent"]',
            '.spec.containers[name="cilium-agent"].image',
        ]
    }


@pytest.mark.parametrize("entries", [None, "x", [1], []])
def test_managers_may_be_missing_or_malformed(entries: Any, code: SimpleNamespace) -> None:
    assert not code.ownership.takeover_of({"metadata": {"managedFields": entries}}).changed
