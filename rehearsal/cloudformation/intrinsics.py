"""Evaluates CloudFormation's intrinsic functions against what exists.

Semantics after https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from rehearsal.cloudformation.assembly import Stack

_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")


class TemplateError(Exception):
    """A template that CloudFormation would refuse."""


class _NoValue:
    """The value of `AWS::NoValue`: the property is left out."""

    def __repr__(self) -> str:
        return "AWS::NoValue"


NO_VALUE = _NoValue()


class Lookup(Protocol):
    """The source of values of other resources, stacks and the region."""

    def ref(self, logical_id: str) -> str: ...
    def attribute(self, logical_id: str, name: str) -> Any: ...
    def export(self, name: str) -> Any: ...
    def stack_output(self, stack: str, name: str) -> Any: ...
    def zones(self, region: str) -> list[str]: ...
    def parameter(self, name: str) -> str: ...


class Resolver:
    """Evaluates expressions of one stack's template.

    Args:
        stack: The stack.
        stack_id: Its ARN.
        lookup: Values of other resources, stacks and the region.
    """

    def __init__(self, stack: Stack, stack_id: str, lookup: Lookup) -> None:
        template, environment = stack.template, stack.environment
        self._template = template
        self._lookup = lookup
        self._pseudo: dict[str, Any] = {
            "AWS::AccountId": environment.account,
            "AWS::NoValue": NO_VALUE,
            "AWS::NotificationARNs": [],
            "AWS::Partition": environment.partition,
            "AWS::Region": environment.region,
            "AWS::StackId": stack_id,
            "AWS::StackName": stack.name,
            "AWS::URLSuffix": environment.url_suffix,
        }
        self._parameters = {
            name: stack.parameters.get(name, definition.get("Default"))
            for name, definition in template.get("Parameters", {}).items()
        }
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Condition": self.condition,
            "Fn::And": lambda items: all(self.truth(item) for item in items),
            "Fn::Base64": lambda text: base64.b64encode(str(self.resolve(text)).encode()).decode(),
            "Fn::Cidr": self._cidr,
            "Fn::Contains": lambda pair: self.resolve(pair[1]) in self.resolve(pair[0]),
            "Fn::Equals": lambda pair: self.resolve(pair[0]) == self.resolve(pair[1]),
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAZs": lambda region: self._lookup.zones(self.resolve(region) or environment.region),
            "Fn::GetAtt": self._get_att,
            "Fn::GetStackOutput": self._get_stack_output,
            "Fn::If": lambda args: self.resolve(args[1] if self.condition(args[0]) else args[2]),
            "Fn::ImportValue": lambda name: self._lookup.export(self.resolve(name)),
            "Fn::Join": lambda args: str(args[0]).join(_text(item) for item in self.resolve(args[1])),
            "Fn::Length": lambda items: len(self.resolve(items)),
            "Fn::Not": lambda items: not self.truth(items[0]),
            "Fn::Or": lambda items: any(self.truth(item) for item in items),
            "Fn::Select": self._select,
            "Fn::Split": lambda args: str(self.resolve(args[1])).split(args[0]),
            "Fn::Sub": self._sub,
            "Fn::ToJsonString": lambda value: json.dumps(self.resolve(value), separators=(",", ":")),
        }

    @property
    def functions(self) -> frozenset[str]:
        """Names of the known functions."""
        return frozenset(self._functions)

    def resolve(self, value: Any) -> Any:
        """The value with every intrinsic function evaluated and `AWS::NoValue` properties removed.

        Raises:
            TemplateError: An unknown function, or a reference to something that does not exist.
        """
        if isinstance(value, Mapping):
            if len(value) == 1:
                ((name, argument),) = value.items()
                if name in self._functions and (name != "Condition" or isinstance(argument, str)):
                    return self._functions[name](argument)
                if str(name).startswith("Fn::"):
                    # no belief: a limit of the rehearsal
                    raise TemplateError(f"the rehearsal does not know {name}")
            resolved = {key: self.resolve(item) for key, item in value.items()}
            return {key: item for key, item in resolved.items() if item is not NO_VALUE}
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        return value

    # belief: CFN-intrinsic-functions
    def condition(self, name: str) -> bool:
        """Whether a named condition of the template holds."""
        try:
            expression = self._template.get("Conditions", {})[name]
        except KeyError:
            raise TemplateError(f"condition {name} is not defined") from None
        return self.truth(expression)

    def truth(self, expression: Any) -> bool:
        """Whether a condition expression holds."""
        return self.resolve(expression) in (True, "true")

    def _ref(self, name: str) -> Any:
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._parameters:
            kind = self._template["Parameters"][name]["Type"]
            value = self._parameters[name]
            # belief: CFN-parameter-store-at-each-operation
            if kind.startswith("AWS::SSM::Parameter::Value<"):
                return self._lookup.parameter(value)
            return value.split(",") if kind.startswith(("CommaDelimitedList", "List<")) else value
        return self._lookup.ref(name)

    def _get_att(self, argument: Any) -> Any:
        logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        return self._lookup.attribute(logical_id, self.resolve(attribute))

    def _get_stack_output(self, argument: Mapping[str, Any]) -> Any:
        argument = self.resolve(argument)
        return self._lookup.stack_output(argument["StackName"], argument["OutputName"])

    def _sub(self, argument: Any) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument

        def replacement(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in variables:
                return _text(self.resolve(variables[name]))
            if "." in name:
                return _text(self._get_att(name))
            return _text(self._ref(name))

        return _PLACEHOLDER.sub(replacement, text)

    # belief: CFN-intrinsic-functions
    def _select(self, argument: list[Any]) -> Any:
        index, items = int(self.resolve(argument[0])), self.resolve(argument[1])
        if not 0 <= index < len(items):
            raise TemplateError(f"Fn::Select cannot select index {index} of {len(items)} values")
        return items[index]

    # belief: CFN-intrinsic-functions
    def _find_in_map(self, argument: list[Any]) -> Any:
        name, first, second = (self.resolve(item) for item in argument[:3])
        try:
            return self.resolve(self._template["Mappings"][name][first][second])
        except KeyError:
            if len(argument) > 3:
                return self.resolve(argument[3]["DefaultValue"])
            raise TemplateError(f"mapping {name} has no {first}/{second}") from None

    def _cidr(self, argument: list[Any]) -> list[str]:
        block, count, *bits = (self.resolve(item) for item in argument)
        network = ipaddress.ip_network(block)
        prefix = network.max_prefixlen - int(bits[0] if bits else 8)
        subnets = network.subnets(new_prefix=prefix)
        return [str(next(subnets)) for _ in range(int(count))]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
