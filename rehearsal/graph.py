"""The order a template forces: which resource needs which other one first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import networkx as nx

from rehearsal.intrinsics import TemplateError, substitutions


def dependency_graph(template: Mapping[str, Any], absent: frozenset[str] = frozenset()) -> nx.DiGraph[str]:
    """Edges run from a resource to those that need it: a topological order is a creation order.

    Args:
        template: A CloudFormation template.
        absent: Resources whose condition is false; they and what points at them by DependsOn drop out.

    Raises:
        TemplateError: A reference to something the template does not define, or a cycle, which is named.
    """
    resources: Mapping[str, Any] = template.get("Resources", {})
    parameters = template.get("Parameters", {})
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(name for name in resources if name not in absent)
    for name, definition in resources.items():
        if name in absent:
            continue
        needs = set(references(definition.get("Properties", {}))) | set(_depends_on(definition))
        for needed in needs - absent:
            if needed in parameters or needed.startswith("AWS::"):
                continue
            if needed not in resources:
                raise TemplateError(f"{name} refers to {needed}, which the template does not define")
            graph.add_edge(needed, name)
    _refuse_cycle(graph)
    return graph


def references(value: Any) -> Iterator[str]:
    """Logical ids (and parameters) that an expression refers to by Ref, Fn::GetAtt or Fn::Sub."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, Mapping):
        if len(value) == 1:
            ((function, argument),) = value.items()
            found = _reference(function, argument)
            if found is not None:
                yield from found
                return
        for item in value.values():
            yield from references(item)


def _reference(function: str, argument: Any) -> Iterator[str] | None:
    """References of one intrinsic function, None when it is not one that refers."""
    if function == "Ref" and isinstance(argument, str):
        return iter([argument])
    if function == "Fn::GetAtt":
        return iter([argument.split(".", 1)[0] if isinstance(argument, str) else argument[0]])
    if function == "Fn::Sub":
        return _sub_references(argument)
    return None


def _sub_references(argument: Any) -> Iterator[str]:
    text, variables = (argument, {}) if isinstance(argument, str) else argument
    yield from references(variables)
    for name in substitutions(text):
        if name not in variables:
            yield name.split(".", 1)[0]


def _depends_on(definition: Mapping[str, Any]) -> list[str]:
    value = definition.get("DependsOn", [])
    return [value] if isinstance(value, str) else list(value)


def _refuse_cycle(graph: nx.DiGraph[str]) -> None:
    try:
        cycle = nx.find_cycle(graph)
    except nx.NetworkXNoCycle:
        return
    names = [edge[0] for edge in cycle] + [cycle[0][0]]
    raise TemplateError(f"circular dependency between resources: {' -> '.join(reversed(names))}")
