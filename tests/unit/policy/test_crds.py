"""The model against the CRDs of the oldest and of a new release, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from cdk_eks_cilium.policy import CiliumClusterwideNetworkPolicy, CiliumNetworkPolicy, Policy, parse
from cdk_eks_cilium.policy.availability import FIELDS, LITERALS
from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.versions import CiliumVersion
from tests.unit.policy.crds import NUMBERS, faults, needs_crds, schema
from tests.unit.policy.strategies import policies

pytestmark = needs_crds

_KINDS: dict[str, type[BaseModel]] = {
    "CiliumNetworkPolicy": CiliumNetworkPolicy,
    "CiliumClusterwideNetworkPolicy": CiliumClusterwideNetworkPolicy,
}
# Fields that Kubernetes defines for every object, and the status, which only the operator writes.
_ELSEWHERE = {"metadata", "status", "apiVersion", "kind"}


def model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := model_in(each))), None)


def schema_fields(node: dict[str, Any], path: str = "") -> Iterator[str]:
    """Every field of a schema by its path: ``spec.egress.toPorts``."""
    node = node.get("items", node)
    for name, below in node.get("properties", {}).items():
        if name not in _ELSEWHERE or path:
            yield path + name
            yield from schema_fields(below, f"{path}{name}.")


def model_fields(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, str, str]]:
    """Every field of a model by its path, with the name of its part and its own."""
    for name, field in model.model_fields.items():
        spelled = field.alias or name
        if spelled not in _ELSEWHERE or path:
            yield path + spelled, model.__name__, name
            if below := model_in(field.annotation):
                yield from model_fields(below, f"{path}{spelled}.")


def literals(annotation: Any) -> set[str]:
    """The words that a field takes, of any part."""
    arguments = get_args(annotation)
    found = {each for each in arguments if isinstance(each, str)}
    return found.union(*(literals(each) for each in arguments if not isinstance(each, str)), set())


def enums(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every list of words in a schema by its path."""
    node = node.get("items", node)
    if "enum" in node:
        yield path.rstrip("."), set(node["enum"])
    for name, below in node.get("properties", {}).items():
        if name not in _ELSEWHERE or path:
            yield from enums(below, f"{path}{name}.")


def defaults(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Every default of a schema by its path."""
    node = node.get("items", node)
    if "default" in node:
        yield path.rstrip("."), node["default"]
    for name, below in node.get("properties", {}).items():
        yield from defaults(below, f"{path}{name}.")


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("number", NUMBERS)
def test_the_only_default_is_the_family_that_the_function_fills_in(number: str, kind: str) -> None:
    """``lambda/policy_set/comparing.py`` must know each default, or a policy is applied at every update."""
    found = {(path.rpartition(".")[2], value) for path, value in defaults(schema(number, kind))}
    assert found == {("family", "IPv4")}


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("number", NUMBERS)
def test_every_field_of_a_crd_is_in_the_model(number: str, kind: str) -> None:
    known = {path for path, _, _ in model_fields(_KINDS[kind])}

    assert sorted(set(schema_fields(schema(number, kind))) - known) == []


@pytest.mark.parametrize("kind", _KINDS)
def test_every_field_of_the_model_is_in_a_crd(kind: str) -> None:
    known = {path for number in NUMBERS for path in schema_fields(schema(number, kind))}

    assert sorted({path for path, _, _ in model_fields(_KINDS[kind])} - known) == []


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("number", NUMBERS)
def test_a_field_is_available_exactly_where_the_crd_has_it(number: str, kind: str) -> None:
    version = CiliumVersion.of(number)
    in_crd = set(schema_fields(schema(number, kind)))
    wrong = []
    for path, model, name in model_fields(_KINDS[kind]):
        known = FIELDS.get((model, name))
        available = known is None or known.behaviour.holds(version)
        # Fields below an absent field need no bound of their own. The CRD of 1.19 has nothing below
        # fromRequires and toRequires, which must be empty there.
        above = path.rpartition(".")[0]
        if (
            (not above or above in in_crd)
            and not above.endswith("Requires")
            and available != (path in in_crd)
        ):
            wrong.append((path, model, name))

    assert wrong == []


@pytest.mark.parametrize("number", NUMBERS)
def test_a_word_is_available_exactly_where_the_crd_has_it(number: str) -> None:
    version = CiliumVersion.of(number)
    words = {}
    for path, model, name in model_fields(CiliumNetworkPolicy):
        part = next(each for each in _parts(CiliumNetworkPolicy) if each.__name__ == model)
        said = literals(part.model_fields[name].annotation)
        known = {word: LITERALS.get((name, word)) for word in said}
        words[path] = {
            word for word, bound in known.items() if bound is None or bound.behaviour.holds(version)
        }
    for path, listed in enums(schema(number)):
        assert (path, words[path]) == (path, listed)


def _parts(model: type[BaseModel]) -> set[type[BaseModel]]:
    below = {found for field in model.model_fields.values() if (found := model_in(field.annotation))}
    return {model}.union(*(_parts(each) for each in below))


def _drawn(number: str) -> st.SearchStrategy[Policy]:
    return policies(CiliumVersion.of(number))


_thorough = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@_thorough
@given(_drawn("1.12.1"))
def test_the_api_server_takes_any_policy_for_cilium_1_12(policy: Policy) -> None:
    assert faults("1.12.1", policy.manifest()) == []


@_thorough
@given(_drawn("1.19.1"))
def test_the_api_server_takes_any_policy_for_cilium_1_19(policy: Policy) -> None:
    assert faults("1.19.1", policy.manifest()) == []


def _policy(**item: Any) -> dict[str, Any]:
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {"name": "p"},
        "spec": {"endpointSelector": {}, "egress": [item]},
    }


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "item",
    [
        {"toEntities": ["world-ipv4"]},
        {"toCIDR": ["192.0.2.1"]},
        {"toFQDNs": [{"matchName": "*.example"}]},
        {"toEndpoint": [{}]},
        {"icmps": [{"fields": [{"type": 8, "family": "IPv5"}]}]},
    ],
)
def test_what_the_api_server_refuses_the_model_refuses(number: str, item: dict[str, Any]) -> None:
    assert faults(number, _policy(**item)) != []
    with pytest.raises(InputError):
        parse(_policy(**item))
