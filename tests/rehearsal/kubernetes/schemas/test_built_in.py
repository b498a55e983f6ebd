"""The schemas of Kubernetes' own types."""

from __future__ import annotations

import pytest

from rehearsal.kubernetes.resources import BUILT_IN
from rehearsal.kubernetes.schemas.built_in import definition_name, object_schema
from rehearsal.kubernetes.schemas.definitions import minors, nearest
from rehearsal.kubernetes.schemas.go_types import go_fields


@pytest.mark.parametrize("version", ["1.29", "1.36"])
def test_every_served_type_has_a_definition(version: str) -> None:
    missing = [
        served.kind
        for served in BUILT_IN
        if served.since <= int(version.partition(".")[2])
        and not definition_name(version, served.group, served.version, served.kind)
    ]
    assert missing == []


def test_a_version_without_definitions_takes_the_nearest() -> None:
    assert nearest("1.99") == minors()[-1]
    assert nearest("1.3") == minors()[0]
    assert nearest("1.35") == 35


def test_a_field_of_a_newer_release_is_unknown_in_an_older_one() -> None:
    newer, older = (object_schema(v, "", "v1", "Pod").fields["spec"].fields for v in ("1.36", "1.25"))
    assert "resourceClaims" in newer
    assert set(newer) - set(older)


def test_lists_know_their_keys_and_the_values_of_missing_keys() -> None:
    pod = object_schema("1.36", "", "v1", "Pod").fields["spec"]
    containers = pod.fields["containers"]
    assert (containers.list_type, containers.keys, containers.defaults) == ("map", ("name",), {"name": ""})
    ports = containers.item.fields["ports"]
    assert ports.keys == ("containerPort", "protocol")
    assert ports.defaults == {"containerPort": 0, "protocol": "TCP"}
    assert pod.fields["tolerations"].list_type == "atomic"
    assert object_schema("1.36", "", "v1", "Pod").fields["metadata"].fields["finalizers"].list_type == "set"


def test_what_go_knows_is_beside_what_the_definitions_know() -> None:
    pod = go_fields("core.v1.PodSpec")
    assert pod["restartPolicy"].type == "RestartPolicy"
    assert pod["automountServiceAccountToken"].pointer
    assert go_fields("core.v1.Probe")["httpGet"].embedded == "ProbeHandler"
    assert go_fields("unknown.v1.Type") == {}
