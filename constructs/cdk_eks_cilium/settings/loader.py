"""Reads a settings file in two phases: first each setting by itself, then several settings together.

Each phase reports all its problems at once. The second phase runs when each setting is valid by itself:
before that, it would judge values that nobody wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cdk_eks_cilium.problems import InputError, Problem, refuse, wording
from cdk_eks_cilium.problems.wording import Location, Written

from .model import Settings
from .rules import rule_problems
from .yaml_file import read_mapping


def load(path: Path | str, *, must_fit: bool = True) -> Settings:
    """Read the settings of an environment.

    Args:
        path: A YAML file. Keys that it leaves out have their defaults, in an empty file all keys.
        must_fit: Whether all nodes must fit into the pod subnets. False allows looking at a plan that does
            not fit.

    Raises:
        CallError: If the file cannot be read.
        InputError: If it is invalid; with all problems of a phase at once.
    """
    file = Path(path)
    data, written = read_mapping(file)
    return _parse(_with_paths_from(data, file.absolute().parent), file.name, must_fit, written)


def _with_paths_from(data: dict[Any, Any], folder: Path) -> dict[Any, Any]:
    """Return *data* with its paths made absolute: they are relative to the folder of the settings file."""
    cilium = data.get("cilium")
    if isinstance(cilium, dict):
        data = {**data, "cilium": _with_path(cilium, "chart", folder)}
    tenants = data.get("tenants")
    if isinstance(tenants, list):
        data = {**data, "tenants": [_with_paths(tenant, "policies", folder) for tenant in tenants]}
    return _with_path(data, "instance_facts", folder)


def _with_path(data: dict[Any, Any], name: str, folder: Path) -> dict[Any, Any]:
    # `joinpath` leaves absolute paths as they are.
    given = data.get(name)
    return {**data, name: str(folder.joinpath(given))} if isinstance(given, str) else data


def _with_paths(data: Any, name: str, folder: Path) -> Any:
    given = data.get(name) if isinstance(data, dict) else None
    if not isinstance(given, list):
        return data
    paths = [str(folder.joinpath(each)) if isinstance(each, str) else each for each in given]
    return {**data, name: paths}


def parse(data: Mapping[Any, Any], *, title: str = "settings", must_fit: bool = True) -> Settings:
    """Make settings from plain data, such as the content of a YAML file; *title* heads its error.

    Raises:
        InputError: If *data* is invalid; with all problems of a phase at once.
    """
    return _parse(data, title, must_fit, wording.unwritten)


def _parse(data: Mapping[Any, Any], title: str, must_fit: bool, written: Written) -> Settings:
    # YAML can escape half a character, which an error cannot print.
    broken = list(_broken_text(data))
    refuse(broken, _headline(title, len(broken)))
    try:
        settings = Settings.read(dict(data), written=written)
        refuse(rule_problems(settings, must_fit=must_fit))
    except InputError as error:
        raise InputError(_in_order_of(data, error.problems), _headline(title, len(error.problems))) from None
    return settings


def _broken_text(value: Any, location: Location = ()) -> Iterator[Problem]:
    """Yield a problem for each text in *value* with half a character."""
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
    """Sort *problems* in the order of their keys in *data*; keys that are not in *data* come last."""

    def position(problem: Problem) -> list[int]:
        at: list[int] = []
        value: Any = data
        for part in re.findall(r"[^.\[\]']+", problem.where):
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
