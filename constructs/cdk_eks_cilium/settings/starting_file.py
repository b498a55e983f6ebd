"""A settings file to begin with: keys with their defaults, each below its description from the model."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args

import yaml
from pydantic import BaseModel

from .cilium import CiliumSettings
from .loader import parse
from .model import EndpointAccess, Settings
from .network import Network
from .node_group import NodeGroupSettings

DECIDED: Final[Mapping[type[BaseModel], frozenset[str]]] = {
    Settings: frozenset(
        {"name", "account", "region", "kubernetes_version", "endpoint_access", "access"}
        | {"network", "cilium", "node_groups", "tags"}
    ),
    EndpointAccess: frozenset({"public_cidrs", "private_cidrs"}),
    Network: frozenset({"vpc_cidr", "pod_cidr", "availability_zones"}),
    CiliumSettings: frozenset({"version", "egress"}),
    NodeGroupSettings: frozenset({"name", "instance_types", "min_size", "max_size"}),
}
"""The keys that each environment decides for itself, by the part of the settings that has them."""

_WIDTH: Final = 112
_CHECK: Final = (
    "A key that is left out has its default, and an unknown key is an error. "
    "`cdk-eks-cilium settings check FILE` lists everything that is wrong; "
    "`cdk-eks-cilium settings schema` prints a JSON Schema for your editor."
)
_HEAD: Final = (
    "The settings of an environment: the keys that each environment decides for itself, with their defaults. "
    f"`cdk-eks-cilium settings init --all FILE` writes every key. {_CHECK}"
)
_HEAD_OF_ALL: Final = f"The settings of an environment: every key with its default. {_CHECK}"


def starting_data(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a file begins with: with a region, its first three zones by letter, too."""
    data = dict(given)
    if "region" in data and "network" not in data:
        data["network"] = {"availability_zones": [f"{data['region']}{letter}" for letter in "abc"]}
    return data


def starting_file(given: Mapping[str, Any] | None = None, *, every_key: bool = False) -> str:
    """Return the text of a settings file with comments.

    Args:
        given: What differs from the defaults, which the file always has: ``name``, ``region``, ``account``,
            or parts such as ``cilium``. With a region, the zones are its first three by letter; AWS is not
            asked whether the account has them.
        every_key: Whether to write every key, not only the keys in `DECIDED`.

    Raises:
        InputError: If *given* is not valid.
    """
    data = starting_data(given or {})
    head = _HEAD_OF_ALL if every_key else _HEAD
    lines = [*_comment(head, ""), *_fields(parse(data), "", every_key, data, deep=True)]
    return "\n".join(lines) + "\n"


def _fields(
    model: BaseModel, indent: str, every_key: bool, given: Mapping[str, Any], *, deep: bool = False
) -> Iterator[str]:
    """Yield the lines for the keys of a part of the settings; if *deep*, for the keys of its parts too."""
    for name, field in type(model).model_fields.items():
        if not every_key and name not in DECIDED[type(model)] and name not in given:
            continue
        if deep:
            yield ""
        value = getattr(model, name)
        yield from _comment(str(field.description), indent)
        if deep and isinstance(value, BaseModel):
            yield f"{indent}{name}:"
            yield from _fields(value, f"{indent}  ", every_key, given.get(name, {}))
        elif deep and isinstance(value, list) and value and isinstance(value[0], BaseModel):
            yield f"{indent}{name}:"
            for index, item in enumerate(value):
                own = given[name][index] if name in given else {}
                yield from _item(item, f"{indent}  ", every_key, own)
        elif not deep and isinstance(given.get(name), dict | list):
            yield from _block(name, given[name], indent)
        else:
            for part in _models(field.annotation):
                yield from _descriptions(part, indent)
            # A section of Cilium's values is commented out: some defaults follow from other settings.
            left_out = isinstance(value, BaseModel)
            yield f"{indent}# {name}: {{}}" if left_out else f"{indent}{name}: {_inline(value)}"


def _block(name: str, value: Any, indent: str) -> Iterator[str]:
    """Yield a given part as it is, without the descriptions of its keys."""
    text = yaml.safe_dump({name: value}, sort_keys=False, width=10_000, allow_unicode=True)
    yield from (f"{indent}{line}" for line in text.splitlines())


def _item(item: BaseModel, indent: str, every_key: bool, given: Mapping[str, Any]) -> Iterator[str]:
    lines = list(_fields(item, f"{indent}  ", every_key, given))
    first = next(number for number, line in enumerate(lines) if not line.lstrip().startswith("#"))
    yield from (f"{indent}{line.lstrip()}" for line in lines[:first])
    yield f"{indent}- {lines[first].lstrip()}"
    yield from lines[first + 1 :]


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that an annotation names."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from _models(inner)


def _descriptions(part: type[BaseModel], indent: str) -> Iterator[str]:
    """Yield the descriptions of the keys of a part that the file does not have."""
    for name, field in part.model_fields.items():
        yield from _comment(f"{name}: {field.description}", indent, "  ", "    ")


def _comment(text: str, indent: str, first: str = "", rest: str = "") -> Iterator[str]:
    width = _WIDTH - len(indent)
    for line in textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    ):
        yield f"{indent}# {line}"


def _inline(value: Any) -> str:
    """Return a value as one line of YAML."""
    return yaml.safe_dump([value], default_flow_style=True, width=10_000, allow_unicode=True)[1:-2]
