"""What policies mean, by release: every folder under ``policies`` is judged as its ``expected.yaml`` says.

``README.md`` there tells how to add a case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from cdk_eks_cilium.policy.agent_options import AgentOptions
from cdk_eks_cilium.policy.documents import KINDS, Document, load_policies, read_files
from cdk_eks_cilium.policy.model import Policy
from cdk_eks_cilium.policy_analysis.convert import convert_documents
from cdk_eks_cilium.policy_analysis.endpoint_view import endpoint_views
from cdk_eks_cilium.policy_analysis.evaluation import (
    Endpoint,
    Evaluation,
    Flow,
    HttpRequest,
    Matrix,
    Ruling,
)
from cdk_eks_cilium.policy_analysis.inventories import inventory
from cdk_eks_cilium.policy_analysis.lint import LINTS, LintFinding, lint
from cdk_eks_cilium.policy_analysis.workloads import Inventory
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.versions.cilium import CiliumVersion
from tests.quick_yaml import read

FOLDER: Final = Path(__file__).parent / "policies"

NEWEST: Final = "newest"
"""No release at all, where the newest one's rules hold."""

_RELEASE: Final = re.compile(rf"{NEWEST}|\d+\.\d+(\.\d+)?")
_FLOW: Final = re.compile(r"(\S+) -> (\S+) (\w+) (\d+)")


@dataclass(frozen=True)
class World:
    """Policies and what they are about, for one release."""

    case: Mapping[str, Any]
    selector: Mapping[str, Any]
    release: str

    @property
    def version(self) -> CiliumVersion | None:
        if self.release == NEWEST:
            return None
        if self.release.count(".") == 1:
            return CiliumVersion.newest_of(self.release)
        return CiliumVersion.of(self.release)

    @property
    def written(self) -> list[Document]:
        """The policies as documents, Kubernetes' own among them."""
        cilium = (_policy(name, spec, self.selector) for name, spec in self.case["policies"].items() if spec)
        kubernetes = (_network_policy(*one) for one in self.case.get("network_policies", {}).items())
        tiers = (_cluster_policy(*one) for one in self.case.get("tiers", {}).items() if one[1])
        return [Document("policies.yaml", 1, data) for data in (*cilium, *kubernetes, *tiers)]

    @property
    def policies(self) -> list[Policy]:
        documents = self.written
        return [*load_policies(documents), *endpoint_views(documents, self.version)]

    @property
    def known(self) -> Inventory | None:
        if "pods" not in self.case and "objects" not in self.case:
            return None
        pods = (_pod(name, labels) for name, labels in self.case.get("pods", {}).items())
        return inventory(
            Document("workloads.yaml", 1, data) for data in (*pods, *self.case.get("objects", ()))
        )

    @property
    def evaluation(self) -> Evaluation:
        options = {"enforcement": self.case["enforcement"]} if "enforcement" in self.case else {}
        return Evaluation(self.policies, self.known, version=self.version, **options)


def _policy(name: str, spec: Mapping[str, Any], selector: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {} if "nodeSelector" in spec else {"endpointSelector": selector}
    kind = "CiliumNetworkPolicy" if "/" in name else "CiliumClusterwideNetworkPolicy"
    return {"apiVersion": "cilium.io/v2", "kind": kind, "metadata": _named(name), "spec": {**chosen, **spec}}


def _network_policy(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    version = "networking.k8s.io/v1"
    return {"apiVersion": version, "kind": "NetworkPolicy", "metadata": _named(name), "spec": spec}


def _cluster_policy(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    version = "policy.networking.k8s.io/v1alpha2"
    whole = {"tier": "Admin", "priority": 10, "subject": {"namespaces": {}}, **spec}
    return {"apiVersion": version, "kind": "ClusterNetworkPolicy", "metadata": _named(name), "spec": whole}


def _pod(name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {**_named(name), "labels": labels}, "spec": {}}


def _named(name: str) -> dict[str, str]:
    namespace, _, own = name.rpartition("/")
    return {"name": own, "namespace": namespace} if namespace else {"name": own}


def _side(evaluation: Evaluation, name: str) -> Endpoint:
    kind, _, rest = name.partition(":")
    if rest:
        makers: dict[str, Callable[[str], Endpoint]] = {
            "fqdn": Endpoint.fqdn,
            "cidr": Endpoint.address,
            "entity": Endpoint.entity,
        }
        return makers[kind](rest)
    workload = evaluation.inventory.find(name)
    assert workload is not None, f"{name} must be one of the pods"
    return Endpoint.pod(workload)


def _flows(world: World, asked: Mapping[str, Any]) -> dict[str, Any]:
    evaluation = world.evaluation
    request = dict(world.case.get("request", {}))
    server_name = request.pop("server_name", None)
    headers = tuple(request.pop("headers", {}).items())
    http = HttpRequest(**request, headers=headers) if request or headers else None
    answers: dict[str, Any] = {}
    for text, expected in asked.items():
        parts = _FLOW.fullmatch(text)
        assert parts is not None, f"{text} must be like 'a/web -> b/api TCP 80'"
        source, destination = (_side(evaluation, name) for name in parts.group(1, 2))
        found = evaluation.explain(
            Flow(source, destination, int(parts[4]), parts[3], http=http, server_name=server_name)
        )
        answer = found.verdict
        details = {
            direction: _details(getattr(found, direction), fields)
            for direction, fields in (expected.items() if isinstance(expected, dict) else ())
            if direction != "verdict"
        }
        answers[text] = {"verdict": answer, **details} if isinstance(expected, dict) else answer
    return answers


def _details(verdict: Ruling, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a verdict that were asked for."""
    found = {field: getattr(verdict, field) for field in fields}
    return {
        field: [str(one) for one in value] if isinstance(value, tuple) else value
        for field, value in found.items()
    }


def _queries(world: World, asked: Mapping[str, Any]) -> dict[str, Any]:
    evaluation = world.evaluation
    answers = {}
    for text in asked:
        name, _, query = text.partition(" asks ")
        workload = _side(evaluation, name).workload
        assert workload is not None
        answers[text] = "allowed" if evaluation.dns_query_places(workload, query) else "denied"
    return answers


def _cells(world: World, asked: Mapping[str, Any]) -> dict[str, Any]:
    evaluation = world.evaluation
    answers = {}
    for text in asked:
        source, destination = (_side(evaluation, name) for name in text.split(" -> "))
        reach = Matrix(evaluation, [source, destination]).reach(source, destination)
        parts = [str(reach)]
        parts += [f"denied {reach.denied}"] if reach.denied else []
        parts += [f"unknown {reach.unknown}"] if reach.unknown else []
        answers[text] = "; ".join(parts)
    return answers


def _lints(world: World, asked: Mapping[str, Any]) -> dict[str, Any]:
    options = {key: world.case[key] for key in ("enforcement", "pod_ranges", "complete") if key in world.case}
    if "values" in world.case:
        options["options"] = AgentOptions.of_chart(world.case["values"])
    found = lint(world.policies, world.known, world.version, **options)
    return {
        name: [one.id for one in found]
        if name == "all"
        else {one.where.path: _text(one) for one in found if one.id == name}
        for name in asked
    }


def _text(found: LintFinding) -> Any:
    usual = found.severity == _severities()[found.id]
    return found.text if usual else {"severity": found.severity, "text": found.text}


@cache
def _severities() -> dict[str, str]:
    return {one.id: one.severity for one in LINTS}


def _deviations(world: World, _: list[str]) -> list[str]:
    views = endpoint_views(world.written, world.version)
    return [one.path for view in views for one in view.deviations]


def _converted(world: World, asked: Mapping[str, Any]) -> dict[str, Any]:
    (found,) = convert_documents(world.written, world.version)
    answers = {"spec": found.policy.manifest()["spec"], "remarks": list(found.remarks)}
    return {name: answers[name] for name in asked}


def _refused(world: World, _: list[str]) -> list[str]:
    with pytest.raises(InputError) as raised:
        convert_documents(world.written, world.version) or load_policies(world.written, world.version)
    return [str(problem).removeprefix("policies.yaml line 1: ") for problem in raised.value.problems]


QUESTIONS: Final[dict[str, Callable[[World, Any], Any]]] = {
    "flows": _flows,
    "queries": _queries,
    "cells": _cells,
    "lints": _lints,
    "deviations": _deviations,
    "converted": _converted,
    "refused": _refused,
}
WORLD: Final = {
    "policies",
    "network_policies",
    "tiers",
    "pods",
    "objects",
    "enforcement",
    "pod_ranges",
    "request",
    "complete",
    "values",
}
KEYS: Final = {"title", "release", "cases", *WORLD, *QUESTIONS}


def _expanded(case: dict[str, Any], base: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the cases inside a case, each with the keys around it, and one for each alternative."""
    assert set(case) <= KEYS, f"must be {', '.join(sorted(KEYS))}, got {sorted(set(case) - KEYS)}"
    alternatives = case.get("policies", {})
    for policies in alternatives if isinstance(alternatives, list) else [alternatives]:
        whole = {**base}
        for key, value in {**case, "policies": policies}.items():
            if isinstance(value, dict):
                value = {**whole.get(key, {}), **value}
            elif key == "objects":
                value = [*whole.get(key, ()), *value]
            whole[key] = value
        inner = whole.pop("cases", None)
        if inner is None:
            yield whole
        for one in inner or ():
            yield from _expanded(one, whole)


def _worlds() -> Iterator[Any]:
    for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir()):
        entries = read((folder / "expected.yaml").read_text(encoding="utf-8"))
        header = entries.pop(0) if "title" not in entries[0] else {}
        base = _base(folder)
        for entry in entries:
            for number, case in enumerate(_expanded(entry, base), 1):
                name = f"{folder.name}: {entry['title']}{f' ({number})' if number > 1 else ''}"
                yield pytest.param(case, header.get("selector", {}), id=name)


def _base(folder: Path) -> dict[str, Any]:
    """What holds for every case of a folder."""
    shared = [file for file in (folder / "policies.yaml", folder / "workloads.yaml") if file.exists()]
    documents = [document.data for document in read_files(shared)]
    policies = {
        f"{data['metadata']['namespace']}/{data['metadata']['name']}": data["spec"]
        for data in documents
        if data["kind"] in KINDS
    }
    objects = [data for data in documents if data["kind"] not in KINDS]
    return {"policies": policies, **({"objects": objects} if objects else {})}


@pytest.mark.parametrize(("case", "selector"), [*_worlds()])
def test_policies_mean_what_their_folder_says(case: dict[str, Any], selector: dict[str, Any]) -> None:
    asked = {key: case[key] for key in QUESTIONS if key in case}
    assert asked, "a case must ask something"
    for release in _releases(case, asked):
        world = World(case, selector, release)
        for key, questions in asked.items():
            expected = _for_release(questions, release)
            assert QUESTIONS[key](world, expected) == expected, f"{key} for Cilium {release}"


def _releases(case: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    """The releases that a case names, and the releases of its answers."""
    given = case.get("release", [])
    named = [given] if isinstance(given, str) else given
    answers = [answer for part in asked.values() if isinstance(part, dict) for answer in part.values()]
    named = [*named, *(release for answer in answers if _is_by_release(answer) for release in answer)]
    if not named or (not given and not all(map(_is_by_release, answers))):
        named = [NEWEST, *named]
    assert all(isinstance(each, str) for each in named), f"releases must be in quotes, got {named}"
    return list(dict.fromkeys(named))


def _is_by_release(answer: Any) -> bool:
    return isinstance(answer, dict) and bool(answer) and all(_RELEASE.fullmatch(str(key)) for key in answer)


def _for_release(questions: Any, release: str) -> Any:
    """The questions with their answers for a release; a question without an answer for it is not asked."""
    if not isinstance(questions, dict):
        return questions
    return {
        question: answer[release] if _is_by_release(answer) else answer
        for question, answer in questions.items()
        if not _is_by_release(answer) or release in answer
    }


def test_every_lint_has_a_case_that_breaks_it_and_one_that_keeps_it() -> None:
    answers = [
        (lint_id, places)
        for case, _ in (world.values for world in _worlds())
        for lint_id, answer in case.get("lints", {}).items()
        for places in (answer.values() if _is_by_release(answer) else [answer])
    ]
    # Exceptions are tested beside their annotation, in tests/unit/policy_analysis/lint/test_exceptions.py.
    every = {one.id for one in LINTS} - {"CNP035", "CNP036"}
    assert {name for name, places in answers if places} >= every
    assert {name for name, places in answers if not places} >= every
