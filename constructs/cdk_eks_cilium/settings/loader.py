"""Reads a settings file in two phases: first what each setting may be, then what settings must agree on.

Each phase says everything at once. Rules over several settings run when every setting is valid by itself:
before that they would judge values that nobody wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cdk_eks_cilium.problems import InputError, Problem, refuse, wording
from cdk_eks_cilium.problems.wording import Location

from .model import Settings
from .rules import rule_problems
from .yaml_file import read_mapping


def load(path: Path | str, *, must_fit: bool = True) -> Settings:
    """Read the settings of an environment.

    Args:
        path: A YAML file. Keys that it leaves out have their defaults; an empty one is all defaults.
        must_fit: Whether all nodes have to find room in the pod subnets. False is for looking at a plan
            that does not hold.

    Raises:
        InputError: If the file cannot be read, or for anything wrong in it; all problems of a phase at once.
    """
    file = Path(path)
    return parse(_from_there(read_mapping(file), file.absolute().parent), title=file.name, must_fit=must_fit)


def _from_there(data: dict[Any, Any], folder: Path) -> dict[Any, Any]:
    """*data* with its paths as seen from the folder of the settings file."""
    cilium = data.get("cilium")
    if isinstance(cilium, dict):
        data = {**data, "cilium": _with_path(cilium, "chart", folder)}
    tenants = data.get("tenants")
    if isinstance(tenants, list):
        data = {**data, "tenants": [_with_paths(tenant, "policies", folder) for tenant in tenants]}
    return _with_path(data, "instance_facts", folder)


def _with_path(data: dict[Any, Any], name: str, folder: Path) -> dict[Any, Any]:
    # An absolute path stays what it is; `joinpath` sees to it.
    given = data.get(name)
    return {**data, name: str(folder.joinpath(given))} if isinstance(given, str) else data


def _with_paths(data: Any, name: str, folder: Path) -> Any:
    given = data.get(name) if isinstance(data, dict) else None
    if not isinstance(given, list):
        return data
    paths = [str(folder.joinpath(each)) if isinstance(each, str) else each for each in given]
    return {**data, name: paths}


def parse(data: Mapping[Any, Any], *, title: str = "settings", must_fit: bool = True) -> Settings:
    """Make settings of plain data, such as a YAML file's content.

    Args:
        data: Mappings, lists, text, numbers, true, false and null.
        title: What the error names as the origin of *data*.
        must_fit: Whether all nodes have to find room in the pod subnets.

    Raises:
        InputError: For anything wrong in *data*; all problems of a phase at once.
    """
    # Halves of characters, which YAML can escape, are not even printable in an error.
    broken = list(_broken_text(data))
    refuse(broken, _headline(title, len(broken)))
    try:
        settings = Settings.read(dict(data))
        refuse(rule_problems(settings, must_fit=must_fit))
    except InputError as error:
        raise InputError(_in_order_of(data, error.problems), _headline(title, len(error.problems))) from None
    return settings


def _broken_text(value: Any, location: Location = ()) -> Iterator[Problem]:
    """Yield a problem for each text in *value* that has half a character in it."""
    if isinstance(value, str):
        if problem := wording.broken_text(wording.path(location) or "settings", value):
            yield problem
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield from _broken_text(key, location)
            yield from _broken_text(below, (*location, key if isinstance(key, int) else ascii(key)[1:-1]))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _broken_text(below, (*location, index))


def _in_order_of(data: Mapping[str, Any], problems: Sequence[Problem]) -> list[Problem]:
    """Sort *problems* as their keys follow each other in *data*; what is not there comes last."""

    def position(one: Problem) -> list[int]:
        at: list[int] = []
        value: Any = data
        for part in re.findall(r"[^.\[\]']+", one.where):
            if isinstance(value, Mapping):
                keys = [str(key) for key in value]
                at.append(keys.index(part) if part in keys else len(keys))
                value = value.get(part)
            elif isinstance(value, list) and part.isdecimal():
                at.append(int(part))
                value = value[int(part)] if int(part) < len(value) else None
            else:
                break
        return at

    return sorted(problems, key=position)


def _headline(title: str, count: int) -> str:
    return f"{title}: {count} problem{'' if count == 1 else 's'}"
