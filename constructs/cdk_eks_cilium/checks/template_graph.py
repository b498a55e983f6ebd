"""The dependencies in a CloudFormation template.

Every synth loads this module, so it imports no library: networkx alone takes longer to load than all rules
to run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any


class TemplateGraph(dict[str, frozenset[str]]):
    """Resources by logical id, each with the resources that it waits for itself."""

    def __init__(self, edges: Mapping[str, frozenset[str]]) -> None:
        super().__init__(edges)
        self._behind: dict[str, frozenset[str]] = {}

    def waited_for(self, resource: str) -> frozenset[str]:
        """What a resource waits for in any number of steps; itself too, if it is in a cycle."""
        if resource not in self._behind:
            found: set[str] = set()
            ahead = list(self[resource])
            while ahead:
                name = ahead.pop()
                if name not in found:
                    found.add(name)
                    ahead.extend(self[name])
            self._behind[resource] = frozenset(found)
        return self._behind[resource]


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
    """Names that a resource waits for: the references in its properties, and its ``DependsOn``."""
    named = resource.get("DependsOn", [])
    return {*([named] if isinstance(named, str) else named), *references(resource.get("Properties", {}))}


def dependency_graph(template: Mapping[str, Any]) -> TemplateGraph:
    """Each resource of a template, with the resources that it waits for itself."""
    resources: Mapping[str, Any] = template.get("Resources", {})
    return TemplateGraph(
        {
            name: frozenset(other for other in needs(resource) if other in resources)
            for name, resource in resources.items()
        }
    )


def waits_for(graph: TemplateGraph, resource: str, other: str) -> bool:
    """Whether *resource* starts only after *other*, directly or through others."""
    return other != resource and other in graph.waited_for(resource)


def cycles(graph: TemplateGraph) -> list[list[str]]:
    """Groups of resources that wait for each other, or for themselves, which CloudFormation refuses."""
    circular = [name for name in _in_or_before_cycles(graph) if name in graph.waited_for(name)]
    groups = {
        tuple(sorted(other for other in graph.waited_for(name) if name in graph.waited_for(other)))
        for name in circular
    }
    return [list(group) for group in sorted(groups)]


def _in_or_before_cycles(graph: TemplateGraph) -> list[str]:
    """What is left when each resource goes that waits for nothing that is left: nothing without a cycle."""
    waiting = {name: len(needed) for name, needed in graph.items()}
    dependents: dict[str, list[str]] = {name: [] for name in graph}
    for name, needed in graph.items():
        for other in needed:
            dependents[other].append(name)
    free = [name for name, count in waiting.items() if not count]
    while free:
        name = free.pop()
        del waiting[name]
        for later in dependents[name]:
            waiting[later] -= 1
            if not waiting[later]:
                free.append(later)
    return list(waiting)
