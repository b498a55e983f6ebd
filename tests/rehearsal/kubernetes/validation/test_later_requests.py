"""Nothing that the API stores breaks a later request: controllers read what validation let pass."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.kubernetes import KubernetesCluster, NodeSpec
from rehearsal.kubernetes.calls import Call
from rehearsal.kubernetes.server import ApiServer
from tests.rehearsal.kubernetes.validation.record import ADMINISTRATOR, identify
from tests.rehearsal.kubernetes.validation.suite import areas, cases_of, collection_of, path_of

_GOOD = {json.dumps(case.body) for area in areas() for case in cases_of(area) if len(str(case.body)) < 2000}
_BODIES = sorted(_GOOD)
_TEXT = st.sampled_from(["", "a", "A b", "1", "100%", "5m", "../..", "10.0.0.1", "Never", "é"])
_NUMBERS = st.sampled_from([-1, 0, 1, 2, 80, 65536, 2**31])


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, (*path, key))]
    if isinstance(value, list):
        return [leaf for key, inner in enumerate(value) for leaf in _leaves(inner, (*path, key))]
    return [(path, value)]


def _put(body: Any, path: tuple[Any, ...], value: Any) -> None:
    *steps, last = path
    for step in steps:
        body = body[step]
    body[last] = value


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_whatever_is_stored_the_next_request_is_answered(data: st.DataObject) -> None:
    cluster = KubernetesCluster(name="demo", version="1.36", identify=identify)
    cluster.join_node(NodeSpec("n1"))

    def ask(method: str, path: str, body: Any = None) -> int:
        call = Call(method, path, {}, "application/json", json.dumps(body).encode() if body else b"")
        server = cluster._server
        assert isinstance(server, ApiServer)
        return server.answer(call, f"Bearer {ADMINISTRATOR}").status

    body = json.loads(data.draw(st.sampled_from(_BODIES)))
    body["metadata"]["namespace"] = "default"
    leaves = [leaf for leaf in _leaves(body["spec"]) if leaf[0]] if "spec" in body else []
    for path, value in data.draw(st.lists(st.sampled_from(leaves), max_size=2)) if leaves else []:
        other = _NUMBERS if isinstance(value, int) and not isinstance(value, bool) else _TEXT
        if not isinstance(value, bool | None):
            _put(body["spec"], path, data.draw(other))
    status = ask("POST", collection_of(body), body)
    assert status < 500, body
    settings_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "later"}}
    assert ask("POST", collection_of(settings_map), settings_map) == 201, body
    assert ask("GET", collection_of(body)) == 200, body
    cluster.join_node(NodeSpec("n2"))
    if status == 201:
        assert ask("DELETE", path_of(body)) == 200, body
