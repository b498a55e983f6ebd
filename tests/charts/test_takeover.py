"""The takeover of the release knows every object of Cilium's charts."""

from __future__ import annotations

from typing import Any

from cdk_eks_cilium.cluster.release_takeover import (
    CLUSTER_TYPES,
    NAMED,
    NAMESPACE,
    ROLES,
    SECRETS,
    TYPES,
    takeover_rights,
)
from cdk_eks_cilium.values import CiliumValues, Hubble
from tests.charts.versions import Render, charts_or_skip, every_version, values_for

charts_or_skip()

# Helm makes Jobs anew. A namespace of Secrets is in no apply that people's changes could conflict with.
_OTHERWISE = {"Job", "Namespace"}
EVERYTHING = CiliumValues(hubble=Hubble(relay=True, ui=True), kube_proxy_replacement=True)


def type_of(found: dict[str, Any]) -> str:
    kind = found["kind"].lower()
    return f"{found['apiVersion']}/{kind[:-1] + 'ies' if kind.endswith('y') else kind + 's'}"


@every_version
def test_every_object_is_of_a_known_type(number: str, render: Render) -> None:
    objects = render(number, values_for(number, EVERYTHING)).objects
    unknown = {
        f"{type_of(each)} {each['metadata']['name']}"
        for each in objects
        if each["kind"] not in _OTHERWISE
        and not (each["kind"] == "Secret" and each["metadata"]["name"] in SECRETS)
        and type_of(each) not in CLUSTER_TYPES
        and not (each["metadata"].get("namespace", NAMESPACE) == NAMESPACE and type_of(each) in TYPES)
    }
    assert unknown == set()


@every_version
def test_every_role_is_one_that_the_function_may_patch(number: str, render: Render) -> None:
    objects = render(number, values_for(number, EVERYTHING)).objects
    roles = {each["metadata"]["name"] for each in objects if each["kind"] in ("Role", "ClusterRole")}
    assert roles <= set(ROLES)


def test_the_named_objects_are_in_the_rights() -> None:
    rules = [rule for manifest in takeover_rights("n", "g") for rule in manifest.get("rules", ())]
    allowed = {resource for rule in rules for resource in rule["resources"]}
    assert {each.split("/")[-2] for each in NAMED} <= allowed
