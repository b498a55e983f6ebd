"""Good and bad objects as data, and what an API server says about them.

``cases/`` has the objects: a base for each kind, and cases that set fields of one. ``recorded/`` has the
words of a real kube-apiserver, with its version and the day. A case may have:

- ``of``: the base; ``set``: fields by their path (null takes a field out); ``pod``: the same below the file's
  ``prefix``;
- ``before``: objects or bases that are there already (namespaces stay for later cases); ``change``: fields of
  an update of the created object;
- ``versioned: false``: the update names no resource version; ``mask: true``: the value that the server shows
  is not compared, since it has the shape of Go's own types.

``<a*63>`` in a text stands for 63 times the letter a.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rehearsal.kubernetes.resources import BUILT_IN
from tests.lambda_.kubernetes_api.client import Client, Reply
from tests.lambda_.kubernetes_api.objects import collection

FOLDER = Path(__file__).parent
CASES, RECORDED = FOLDER / "cases", FOLDER / "recorded"
_REPEATED = re.compile(r"<(.)\*(\d+)>")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPTIONS = {"propagationPolicy": "Background", "gracePeriodSeconds": 0}


@dataclass(frozen=True)
class Case:
    """One object that is sent, and perhaps its update."""

    area: str
    title: str
    body: dict[str, Any]
    before: list[dict[str, Any]] = field(default_factory=list)
    change: Mapping[str, Any] = field(default_factory=dict)
    versioned: bool = True
    masked: bool = False


@dataclass(frozen=True)
class Answer:
    """What the server answered: a status, the message of a refusal, and warnings."""

    status: int
    message: str | None
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, reply: Reply, *, masked: bool) -> Answer:
        """The answer without what differs in every run."""
        message = None if reply.ok else str(reply.body.get("message"))
        if message and masked:
            message = re.sub(r"value: \{.*\}", "value: {...}", message)
            message = re.sub(r'"Bad-[a-z0-9]{5}"', '"Bad-....."', message)
            # What follows is how Go shows a difference of its types.
            message = message.partition("\n")[0]
        return cls(reply.status, message, reply.warnings)


def collection_of(body: Mapping[str, Any]) -> str:
    """Where an object is created: in the default namespace, if its type has namespaces."""
    wanted = (body["apiVersion"], body["kind"])
    served = next(each for each in BUILT_IN if (each.group_version, each.kind) == wanted)
    home = body["metadata"].get("namespace", "default") if served.namespaced else ""
    return collection(served.group_version, served.plural, home)


def path_of(body: Mapping[str, Any]) -> str:
    """Where an object is."""
    return f"{collection_of(body)}/{body['metadata']['name']}"


def areas() -> list[str]:
    """The names of the files with cases."""
    return sorted(path.stem for path in CASES.glob("*.yaml"))


def cases_of(area: str) -> Iterator[Case]:
    """The cases of a file."""
    found = yaml.load((CASES / f"{area}.yaml").read_text(), Loader=_LOADER)
    for case in found["cases"]:
        body = copy.deepcopy(found["bases"][case["of"]])
        below = {f"{found['prefix']}.{path}": value for path, value in case.get("pod", {}).items()}
        for path, value in {**case.get("set", {}), **below}.items():
            put(body, path, _grown(value))
        yield Case(
            area,
            case["title"],
            body,
            [
                _grown(found["bases"][other] if isinstance(other, str) else other)
                for other in case.get("before", [])
            ],
            case.get("change", {}),
            case.get("versioned", True),
            case.get("mask", False),
        )


def put(body: dict[str, Any], path: str, value: Any) -> None:
    """Set the field at a path, or take it out; steps that are missing are made."""
    *steps, last = path.split(".")
    parent: Any = body
    for step in steps:
        parent = parent[int(step)] if isinstance(parent, list) else parent.setdefault(step, {})
    if isinstance(parent, list):
        parent[int(last) : int(last) + 1] = [value]
    elif value is None:
        parent.pop(last, None)
    else:
        parent[last] = value


def _grown(value: Any) -> Any:
    if isinstance(value, str):
        return _REPEATED.sub(lambda match: match[1] * int(match[2]), value)
    if isinstance(value, list):
        return [_grown(entry) for entry in value]
    if isinstance(value, dict):
        return {_grown(key): _grown(entry) for key, entry in value.items()}
    return value


def play(client: Client, case: Case) -> Answer:
    """Send a case to a server, and clean up after it."""
    for other in case.before:
        made = client.ask("POST", collection_of(other), other)
        assert made.ok or (other["kind"] == "Namespace" and made.status == 409), f"{case.title}: {made}"
        if "status" in other:
            # What a controller writes, which a server alone does not have.
            put_status = client.ask(
                "PUT", f"{path_of(made.body)}/status", made.body | {"status": other["status"]}
            )
            assert put_status.ok or put_status.status == 409, f"{case.title}: {put_status}"
    try:
        reply = client.ask("POST", collection_of(case.body), case.body)
        if case.change:
            assert reply.ok, f"{case.title}: the object must be good before its change: {reply}"
            reply = _changed(client, case, reply)
        return Answer.of(reply, masked=case.masked)
    finally:
        for body in (case.body, *case.before):
            # Nobody would finish the end of a namespace.
            if body["kind"] != "Namespace" or body is case.body:
                _remove(client, body)


def _changed(client: Client, case: Case, made: Reply) -> Reply:
    # Controllers may have written its status meanwhile.
    body = client.ask("GET", path_of(made.body)).body
    for path, value in case.change.items():
        put(body, path, _grown(value))
    if not case.versioned:
        del body["metadata"]["resourceVersion"]
    return client.ask("PUT", path_of(body), body)


def _remove(client: Client, body: dict[str, Any]) -> None:
    if not body["metadata"].get("name") or "/" in body["metadata"]["name"] or "%" in body["metadata"]["name"]:
        return
    path = path_of(body)
    if client.ask("DELETE", path, _OPTIONS).status != 404 and client.ask("GET", path).ok:
        patch = [{"op": "replace", "path": "/metadata/finalizers", "value": []}]
        client.ask("PATCH", path, patch, content_type="application/json-patch+json")


@functools.cache
def recorded(area: str) -> dict[str, Answer]:
    """What the real server answered, by title."""
    found = yaml.load((RECORDED / f"{area}.yaml").read_text(), Loader=_LOADER)
    return {
        title: Answer(status, message, tuple(warnings))
        for title, (status, message, *warnings) in found["answers"].items()
    }


def record(client: Client, area: str, version: str, day: str) -> None:
    """Write down what a real server says about the cases of a file."""
    answers = {}
    for case in cases_of(area):
        answer = play(client, case)
        answers[case.title] = [answer.status, answer.message, *answer.warnings]
    text = yaml.safe_dump(
        {"version": version, "recorded": day, "answers": answers},
        sort_keys=False,
        width=110,
        allow_unicode=True,
    )
    RECORDED.mkdir(exist_ok=True)
    (RECORDED / f"{area}.yaml").write_text(f"# What kube-apiserver says; record.py writes it.\n{text}")
