"""What one Cilium chart lets its user set: from its values, its schema and what its templates read."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path as File
from typing import Any, Final

import yaml

from scripts.chart_templates import ANY, Path, Reads, reads

#: Keys that other keys can be told apart from: what lies below any other is data, such as a node label.
_NAME: Final = re.compile(r"[A-Za-z_]\w*(-\w+)*", re.ASCII)
#: Image tags and digests change with every patch and do not describe the key.
_CHURN: Final = re.compile(r"tag|\w*[dD]igest", re.ASCII)
_SCHEMA_TYPES: Final = {
    "boolean": "bool",
    "integer": "int",
    "number": "number",
    "string": "string",
    "array": "list",
    "object": "map",
    "null": "null",
}
_ORDER: Final[tuple[str, ...]] = ("any", "bool", "int", "number", "string", "list", "map", "null")
#: What `useDigest` is named like, and is not.
_NO_CHURN: Final = "useDigest"


@dataclass(frozen=True)
class Chart:
    """The parts of a chart that say what may be set.

    Attributes:
        number: Its version, ``1.19.6``.
        values: ``values.yaml``.
        schema: ``values.schema.json``, empty where the chart lacks one (before 1.16).
        templates: Every file that is rendered, by name; None where only the values are at hand.
    """

    number: str
    values: Mapping[str, Any]
    schema: Mapping[str, Any]
    templates: Mapping[str, str] | None


def packaged(archive: File) -> Chart:
    """The chart in a ``cilium-VERSION.tgz``."""
    texts: dict[str, str] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            stream = tar.extractfile(member) if member.isfile() else None
            if stream is not None:
                name = member.name.split("/", 1)[1]
                texts[name] = stream.read().decode("utf-8", errors="replace")
    return Chart(
        number=_loaded(texts["Chart.yaml"])["version"],
        values=_loaded(texts["values.yaml"]),
        schema=json.loads(texts.get("values.schema.json", "{}")),
        templates={name: text for name, text in texts.items() if _is_rendered(name, text)},
    )


def reference(folder: File) -> Chart:
    """The chart in a folder with its ``values.yaml``, and its schema if it has one."""
    schema = folder / "values.schema.json"
    return Chart(
        number=folder.name,
        values=_loaded((folder / "values.yaml").read_text(encoding="utf-8")),
        schema=json.loads(schema.read_text(encoding="utf-8")) if schema.exists() else {},
        templates=None,
    )


def _loaded(text: str) -> Any:
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _is_rendered(name: str, text: str) -> bool:
    """Whether a file shapes objects: the notes only speak, and dashboards are copied as they are."""
    if name.startswith("files/"):
        return ".Values" in text
    return name.startswith("templates/") and not name.endswith("NOTES.txt")


def states(chart: Chart) -> dict[str, str]:
    """What the data file says of every key of *chart*, by its path with dots: see `State`."""
    found = reads(chart.templates) if chart.templates is not None else None
    keys: dict[Path, str] = {}
    _walk(chart.values, chart.schema, (), keys, found, False)
    if found is not None:
        _template_only(keys, found)
    return {".".join(path): state for path, state in keys.items()}


def _walk(
    values: Mapping[str, Any],
    schema: Mapping[str, Any],
    at: Path,
    keys: dict[Path, str],
    found: Reads | None,
    free: bool,
) -> None:
    for name, value in values.items():
        if not _NAME.fullmatch(str(name)):
            continue
        path = (*at, str(name))
        says = schema.get("properties", {}).get(name, {})
        types = _types(value, says)
        if value is None and not says and found is not None:
            types = _template_types(path, found)
        is_open = "map" in types and (free or _is_open(path, value, found))
        dead = found is not None and not _is_read(path, found)
        default = _default(path, value)
        keys[path] = _state(types, says, is_open, dead, default)
        if isinstance(value, Mapping):
            _walk(value, says, path, keys, found, is_open)


def _types(value: Any, says: Mapping[str, Any]) -> set[str]:
    """The types a key takes; before there was a schema its default is the only hint."""
    if "type" in says:
        given = says["type"]
        return {_SCHEMA_TYPES[each] for each in ([given] if isinstance(given, str) else given)}
    for several in ("oneOf", "anyOf"):
        if several in says:
            return set().union(*(_types(None, each) for each in says[several])) - {"any"}
    if "enum" in says:
        return set()
    return {_type_of(value)}


def _type_of(value: Any) -> str:
    names = {type(None): "any", bool: "bool", int: "int", float: "number", str: "string", list: "list"}
    return names.get(type(value), "map")


def _choices(says: Mapping[str, Any]) -> list[Any]:
    inner = [_choices(each) for each in (*says.get("oneOf", ()), *says.get("anyOf", ()))]
    return [*says.get("enum", ()), *chain.from_iterable(inner)]


def _items(says: Mapping[str, Any]) -> set[str]:
    """The types of the elements of a list, empty where any will do."""
    shapes = says.get("items", {}).get("anyOf", ())
    if not all(isinstance(shape.get("type"), str) for shape in shapes):
        return set()
    return {_SCHEMA_TYPES[shape["type"]] for shape in shapes}


def _is_open(path: Path, value: Any, found: Reads | None) -> bool:
    """Whether any key may stand in a mapping: templates copy it as it is, or read no key of it."""
    if found is None:
        return not value
    if path in found.whole or any(read[len(path)] == ANY for read in _below(path, found)):
        return True
    return not value and not _below(path, found)


def _is_read(path: Path, found: Reads) -> bool:
    if path in found.touched | found.guarded or _below(path, found):
        return True
    above = [path[:size] for size in range(1, len(path))]
    return any(each in found.whole or (*each, ANY) in found.touched for each in above)


def _below(path: Path, found: Reads) -> list[Path]:
    return [read for read in found.touched if len(read) > len(path) and read[: len(path)] == path]


def _default(path: Path, value: Any) -> str:
    if _CHURN.fullmatch(path[-1]) and path[-1] != _NO_CHURN:
        return "~"
    if isinstance(value, Mapping) and any(_NAME.fullmatch(str(name)) for name in value):
        return ""
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _state(types: set[str], says: Mapping[str, Any], is_open: bool, dead: bool, default: str) -> str:
    """One state of a key as the data file writes it: types, marks, default."""
    names = [name for name in _ORDER if name in types]
    items = _items(says)
    if items and "list" in names:
        names[names.index("list")] = f"list<{','.join(name for name in _ORDER if name in items)}>"
    bounds = f"<{says.get('minimum', '')}..{says.get('maximum', '')}>"
    if bounds != "<..>":
        names = [f"{name}{bounds}" if name in ("int", "number") else name for name in names]
    if is_open:
        names[names.index("map")] = "map*"
    choices = _choices(says)
    if choices:
        names.append("=" + json.dumps(choices, separators=(",", ":")))
    text = "|".join(names) + ("!" if dead else "")
    return f"{text} {default}" if default else text


def _template_only(keys: dict[Path, str], found: Reads) -> None:
    """Add the keys that templates read and the values do not mention, but in comments."""
    for read in sorted(found.touched):
        path = read[: read.index(ANY)] if ANY in read else read
        for size in range(1, len(path) + 1):
            part = path[:size]
            if part in keys:
                if "map" not in keys[part].split(" ")[0] or "map*" in keys[part]:
                    break
                continue
            below = _below(part, found)
            if not below or part in found.whole or any(each[size] == ANY for each in below):
                keys[part] = "|".join(name for name in _ORDER if name in _template_types(part, found))
                break
            keys[part] = "map"


def _template_types(path: Path, found: Reads) -> set[str]:
    """The types that fit a key no file tells the type of: a list or mapping where only text fits does not."""
    if path in found.whole | found.shaped or _below(path, found):
        return {"any"}
    return {"bool", "int", "number", "string"}
