"""Reads a settings file and says everything that is wrong with it at once."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from cdk_eks_cilium.problems import InputError, Problem, refuse

from . import wording
from .model import Settings
from .rules import rule_problems
from .wording import Location
from .yaml_file import read_mapping

# Values that stand in for required ones that are missing or wrong, while the rest is checked.
_STAND_INS: Final[dict[str, dict[str, str]]] = {
    "node_groups": {"name": "unnamed-{index}"},
    "tenants": {"namespace": "unnamed-{index}"},
    "access": {"principal_arn": "arn:aws:iam::111122223333:role/unnamed-{index}", "policy": "view"},
}


def load(path: Path | str, *, must_fit: bool = True) -> Settings:
    """Read the settings of an environment.

    Args:
        path: A YAML file. Keys that it leaves out have their defaults; an empty one is all defaults.
        must_fit: Whether all nodes have to find room in the pod subnets. False is for looking at a plan
            that does not hold.

    Raises:
        InputError: If the file cannot be read, or for anything wrong in it; all problems at once.
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
        InputError: For anything wrong in *data*; all problems at once.
    """
    # Halves of characters, which YAML can escape, are not even printable in an error.
    broken = list(wording.broken_text(data))
    refuse(broken, _headline(title, len(broken)))
    problems: list[Problem] = []
    reported: list[Location] = []
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(dict(data))
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False):
            location = wording.location_of(error)
            problems.append(wording.problem(error))
            meant = wording.meant(location) if _is_unknown(error["type"]) else None
            # A misspelt key leaves the one it means unsaid, unless that is there as well.
            reported.append(meant if meant and not _is_given(data, meant) else location)
        settings_to_check = _mended(data, invalid)
    else:
        settings_to_check = settings
    if settings_to_check is not None:
        problems += rule_problems(settings_to_check, reported, must_fit=must_fit)
    if settings is None or problems:
        raise InputError(wording.in_order_of(data, problems), _headline(title, len(problems)))
    return settings


def _is_unknown(kind: str) -> bool:
    return kind in ("extra_forbidden", "invalid_key")


def _is_given(data: Any, location: Location) -> bool:
    """Whether *data* has something at *location*."""
    for part in location:
        known = data if isinstance(data, Mapping) else range(len(data)) if isinstance(data, list) else ()
        if part not in known:
            return False
        data = data[part]
    return True


def _headline(title: str, count: int) -> str:
    return f"{title}: {count} problem{'' if count == 1 else 's'}"


def _mended(data: Mapping[Any, Any], invalid: ValidationError) -> Settings | None:
    """Return the settings without their invalid values, so that the rules can judge the rest.

    Returns:
        None when too much is wrong to make anything of it.
    """
    mended = copy.deepcopy(dict(data))
    for error in invalid.errors(include_url=False):
        _drop(mended, error["loc"] if error["type"] == "invalid_key" else wording.location_of(error))
    try:
        return Settings.model_validate(mended)
    except ValidationError:
        return None


def _drop(data: dict[Any, Any], location: Location) -> None:
    """Replace the value at *location* by its default, by the innermost mapping key on the way."""
    stand_ins = _STAND_INS.get(str(location[0]), {})
    if (
        stand_ins
        and len(location) > 1
        and isinstance(location[1], int)
        and isinstance(data.get(location[0]), list)
    ):
        index = location[1]
        item = data[location[0]][index]
        filled = {key: value.format(index=index) for key, value in stand_ins.items()}
        if len(location) == 2 or not isinstance(item, dict):
            data[location[0]][index] = filled
        else:
            _drop(item, location[2:])
            if location[2] in filled:
                item[location[2]] = filled[str(location[2])]
        return
    value: Any = data
    for depth, part in enumerate(location):
        below = value.get(part) if isinstance(value, dict) else None
        if depth + 1 == len(location) or not isinstance(below, dict):
            value.pop(part, None)
            return
        value = below
