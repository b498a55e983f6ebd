"""What waits for what in a CloudFormation template. Plain Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import networkx as nx

_VARIABLE = re.compile(r"\$\{([^!${}][^${}]*)\}")


def references(value: Any) -> Iterator[str]:
    """Logical ids (and pseudo parameters) that a template value names, with repetitions.

    Reads ``Ref``, ``Fn::GetAtt`` in both forms and ``Fn::Sub`` with and without variables.
    """
    if isinstance(value, Mapping):
        if len(value) == 1:
            function, argument = next(iter(value.items()))
            if function == "Ref":
                yield str(argument)
                return
            if function == "Fn::GetAtt":
                yield str(argument).split(".")[0] if isinstance(argument, str) else str(argument[0])
                return
            if function == "Fn::Sub":
                yield from _substituted(argument)
                return
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def _substituted(argument: Any) -> Iterator[str]:
    text, variables = (argument, {}) if isinstance(argument, str) else (argument[0], argument[1])
    for name in _VARIABLE.findall(text):
        if name not in variables:
            yield name.split(".")[0]
    yield from references(variables)


def needs(resource: Mapping[str, Any]) -> set[str]:
    """Names that a resource waits for: what its properties refer to, and its ``DependsOn``."""
    named = resource.get("DependsOn", [])
    return {*([named] if isinstance(named, str) else named), *references(resource.get("Properties", {}))}


def dependency_graph(template: Mapping[str, Any]) -> nx.DiGraph[str]:
    """The resources of a template; an edge leads from a resource to one it waits for.

    What is no resource of the template is left out.
    """
    resources: Mapping[str, Any] = template.get("Resources", {})
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(resources)
    for name, resource in resources.items():
        for other in needs(resource):
            if other in resources:
                graph.add_edge(name, other)
    return graph


def waits_for(graph: nx.DiGraph[str], resource: str, other: str) -> bool:
    """Whether *resource* starts only after *other*, directly or through others."""
    return other in nx.descendants(graph, resource)


def cycles(graph: nx.DiGraph[str]) -> list[list[str]]:
    """Groups of resources that wait for each other, which CloudFormation refuses."""
    groups = [sorted(group) for group in nx.strongly_connected_components(graph) if len(group) > 1]
    return groups + [[node] for node in graph if graph.has_edge(node, node)]
