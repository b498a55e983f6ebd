"""One template and one graph out of all templates that are deployed to one place.

A rule about nodes and a release must hold wherever the two are made: in one stack, in several, in nested
ones. So a resource's id here is ``STACK/ID``, a value that comes from another stack is the expression behind
it, and the graph has the order of the stacks too:

- A stack starts when every stack that it depends on is complete, whatever its resources name.
- A nested stack's resources start when the nested stack may, and it is complete when they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdk_eks_cilium.checks.app_templates import StackTemplate
from cdk_eks_cilium.checks.template_graph import TemplateGraph, dependency_graph

_PLACEHOLDER: Final = re.compile(r"\$\{([^!${}][^${}]*)\}")
# Ends of ids that no resource has: of a stack's beginning and of its end.
_BEGIN, _END = "/^", "/$"


@dataclass(frozen=True)
class Joined:
    """Templates as one.

    Attributes:
        template: All resources.
        graph: What each resource waits for, across stacks.
        places: Each resource's template and its logical id there.
    """

    template: Mapping[str, Any]
    graph: TemplateGraph
    places: Mapping[str, tuple[StackTemplate, str]]


def join(templates: Sequence[StackTemplate]) -> list[Joined]:
    """The templates of an app, joined where they share a stage, an account and a region."""
    before = _all_before(templates)
    groups: dict[str, list[StackTemplate]] = {}
    for each in templates:
        groups.setdefault(each.environment, []).append(each)
    return [_join(group, before) for group in groups.values()]


def is_resource(name: str) -> bool:
    """Whether a name in the graph is a resource's, not the beginning or the end of a stack."""
    return not name.endswith((_BEGIN, _END))


def stack_of(name: str) -> str:
    """The stack of a resource; empty where there is one stack only."""
    return name.rpartition("/")[0]


def _join(templates: Sequence[StackTemplate], before: Mapping[str, set[str]]) -> Joined:
    if len(templates) == 1:
        (only,) = templates
        places = {name: (only, name) for name in only.template.get("Resources", {})}
        return Joined(only.template, dependency_graph(only.template), places)
    values = Values(templates)
    resources = {
        f"{each.name}/{name}": values.resource(each, resource)
        for each in templates
        for name, resource in each.template.get("Resources", {}).items()
    }
    for importer, exporter in sorted(values.imported):
        if importer not in before[exporter]:
            before[importer].add(exporter)
    return Joined(
        {"Resources": resources},
        _graph(templates, before),
        {f"{e.name}/{name}": (e, name) for e in templates for name in e.template.get("Resources", {})},
    )


def _all_before(templates: Sequence[StackTemplate]) -> dict[str, set[str]]:
    """The stacks that are complete before each stack begins, also through stacks of other places."""
    direct = {each.name: each.after for each in templates}
    found: dict[str, set[str]] = {}
    for name in direct:
        ahead, seen = list(direct[name]), set[str]()
        while ahead:
            if (other := ahead.pop()) not in seen:
                seen.add(other)
                ahead.extend(direct.get(other, ()))
        found[name] = seen - {name}
    return found


def _graph(templates: Sequence[StackTemplate], before: Mapping[str, set[str]]) -> TemplateGraph:
    edges: dict[str, frozenset[str]] = {}
    names = {each.name for each in templates}
    for each in templates:
        own = {
            f"{each.name}/{name}": frozenset(f"{each.name}/{other}" for other in needed)
            for name, needed in dependency_graph(each.template).items()
        }
        begin = each.name + _BEGIN
        edges |= {name: needed | {begin} for name, needed in own.items()}
        edges[begin] = frozenset(f"{other}{_END}" for other in before[each.name] & names)
        edges[each.name + _END] = frozenset(own)
    for each in templates:
        if each.parent:
            # Parents come first, so a parent's resource is here, with its own needs.
            nested = f"{each.parent}/{each.resource}"
            edges[each.name + _BEGIN] |= edges[nested]
            edges[nested] |= {each.name + _END}
    return TemplateGraph(edges)


class Values:
    """Rewrites the values of templates: ids with their stack, and other stacks' values as they are there.

    Attributes:
        imported: Pairs of stacks: the first imports a value of the second.
    """

    def __init__(self, templates: Sequence[StackTemplate]) -> None:
        self.imported: set[tuple[str, str]] = set()
        self._by_name = {each.name: each for each in templates}
        self._nested = {(each.parent, each.resource): each for each in templates if each.parent}
        self._exports = {
            output["Export"]["Name"]: (each, output.get("Value"))
            for each, _, output in _outputs(templates)
            if isinstance(output.get("Export", {}).get("Name"), str)
        }
        self._outputs = {
            (each.stack, name): (each, output.get("Value")) for each, name, output in _outputs(templates)
        }
        self._followed: set[tuple[str, str]] = set()
        self._functions: dict[str, Callable[[StackTemplate, Any, Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._attribute,
            "Fn::Sub": self._substitute,
            "Fn::ImportValue": self._import,
            "Fn::GetStackOutput": self._output,
        }

    def resource(self, home: StackTemplate, resource: Mapping[str, Any]) -> dict[str, Any]:
        """A resource with its properties rewritten."""
        return {**resource, "Properties": self.resolve(home, resource.get("Properties", {}))}

    def resolve(self, home: StackTemplate, value: Any) -> Any:
        """A value of *home* rewritten."""
        if isinstance(value, dict):
            if len(value) == 1:
                function, argument = next(iter(value.items()))
                if function in self._functions:
                    return self._functions[function](home, value, argument)
            return {key: self.resolve(home, part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.resolve(home, part) for part in value]
        return value

    def _ref(self, home: StackTemplate, value: Any, name: str) -> Any:
        if name in (given := self._given(home)):
            return self._follow(value, (home.name, name), self._by_name[home.parent], given[name])
        return value if name.startswith("AWS::") else {"Ref": f"{home.name}/{name}"}

    def _given(self, home: StackTemplate) -> Mapping[str, Any]:
        """What a nested stack's parent gives for its parameters."""
        if not home.parent:
            return {}
        resource = self._by_name[home.parent].template["Resources"][home.resource]
        given: Mapping[str, Any] = resource.get("Properties", {}).get("Parameters", {})
        return given

    def _attribute(self, home: StackTemplate, value: Any, argument: Any) -> Any:
        name, _, attribute = argument.partition(".") if isinstance(argument, str) else (argument[0], "", "")
        attribute = attribute or argument[1]
        nested = self._nested.get((home.name, name))
        if nested and isinstance(attribute, str) and attribute.startswith("Outputs."):
            output = nested.template.get("Outputs", {}).get(attribute.removeprefix("Outputs."), {})
            return self._follow(value, (nested.name, attribute), nested, output.get("Value"))
        return {"Fn::GetAtt": [f"{home.name}/{name}", attribute]}

    def _substitute(self, home: StackTemplate, value: Any, argument: Any) -> Any:
        text, own = (argument, {}) if isinstance(argument, str) else argument
        own = {key: self.resolve(home, part) for key, part in own.items()}
        for name in set(_PLACEHOLDER.findall(text)) & self._given(home).keys() - own.keys():
            own[name] = self._ref(home, {"Ref": name}, name)
        text = _PLACEHOLDER.sub(
            lambda match: (
                match[0]
                if match[1] in own or match[1].startswith("AWS::")
                else f"${{{home.name}/{match[1]}}}"
            ),
            text,
        )
        return {"Fn::Sub": [text, own] if own else text}

    def _import(self, home: StackTemplate, value: Any, name: Any) -> Any:
        found = self._exports.get(name) if isinstance(name, str) else None
        return self._from_stack(home, value, f"export {name}", found)

    def _output(self, home: StackTemplate, value: Any, argument: Any) -> Any:
        key = (argument.get("StackName"), argument.get("OutputName"))
        found = self._outputs.get(key) if all(isinstance(part, str) for part in key) else None
        return self._from_stack(home, value, f"output {key}", found)

    def _from_stack(
        self, home: StackTemplate, value: Any, what: str, found: tuple[StackTemplate, Any] | None
    ) -> Any:
        if found is None:
            return value
        exporter, expression = found
        if _outermost(exporter, self._by_name) != _outermost(home, self._by_name):
            self.imported.add((_outermost(home, self._by_name), _outermost(exporter, self._by_name)))
        return self._follow(value, (exporter.name, what), exporter, expression)

    def _follow(self, value: Any, step: tuple[str, str], home: StackTemplate, expression: Any) -> Any:
        """The value that an expression of another template has; *value* itself if it leads in a circle."""
        if step in self._followed:
            return value
        self._followed.add(step)
        try:
            return self.resolve(home, expression)
        finally:
            self._followed.discard(step)


def _outputs(templates: Sequence[StackTemplate]) -> Iterator[tuple[StackTemplate, str, Mapping[str, Any]]]:
    for each in templates:
        for name, output in each.template.get("Outputs", {}).items():
            yield each, name, output


def _outermost(stack: StackTemplate, by_name: Mapping[str, StackTemplate]) -> str:
    while stack.parent:
        stack = by_name[stack.parent]
    return stack.name
