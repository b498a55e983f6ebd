"""The takeover of the release knows every object of Cilium's charts."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
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

# etcd managed by an operator, which the charts had to 1.15, does not go with addresses from EC2.
ELSEWHERE = {"cilium-etcd-operator", "etcd-operator"}
# Helm makes Jobs anew. A namespace of Secrets is in no apply that people's changes could conflict with.
_OTHERWISE = {"Job", "Namespace"}
EVERYTHING = CiliumValues(hubble=Hubble(relay=True, ui=True), kube_proxy_replacement=True)


def plural(kind: str) -> str:
    if kind.endswith("y"):
        return f"{kind[:-1]}ies"
    return kind if kind == "endpoints" else f"{kind}es" if kind.endswith("ss") else f"{kind}s"


def type_of(found: dict[str, Any]) -> str:
    return f"{found['apiVersion']}/{plural(found['kind'].lower())}"


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


def templates(number: str) -> Iterator[str]:
    """The documents of a chart's templates, before Helm fills them in: what any values could render."""
    with tarfile.open(Path(os.environ["CILIUM_CHARTS"], f"cilium-{number}.tgz")) as chart:
        for member in chart:
            if re.fullmatch(r"cilium/templates/.*\.yaml", member.name):
                content = chart.extractfile(member)
                assert content is not None
                yield from re.split(r"^---", content.read().decode(), flags=re.MULTILINE)


def found_in(number: str, pattern: str) -> set[str]:
    """What the pattern's group matches in the templates of a chart."""
    return {
        found[1] for document in templates(number) for found in re.finditer(pattern, document, re.MULTILINE)
    }


@every_version
def test_every_role_of_any_values_is_one_that_the_function_may_patch(number: str) -> None:
    roles = found_in(number, r"^kind: (?:Cluster)?Role\n(?:.*\n)*?  name: (.+)$")
    assert "cilium-operator" in roles
    assert {name for name in roles if "spire" not in name} - ELSEWHERE <= set(ROLES)


@every_version
def test_every_kind_of_any_values_is_known(number: str) -> None:
    kinds = found_in(number, r"^kind: (\w+)$")
    known = {each.split("/")[-1] for each in (*TYPES, *CLUSTER_TYPES)} | {"secrets"}
    unknown = {kind for kind in kinds - _OTHERWISE - {"StatefulSet"} if plural(kind.lower()) not in known}
    assert "DaemonSet" in kinds
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
