"""Write what Kubernetes' Go types know and its OpenAPI definitions do not: ``rehearsal/.../go_types.tsv``.

    python -m scripts.go_types KUBERNETES

``KUBERNETES`` is a checkout of https://github.com/kubernetes/kubernetes, of the release in ``RELEASE``. The
API server decodes bodies into these types and encodes them again. Its messages name them, and which fields an
answer has follows from them: a pointer keeps an empty value, a value with ``omitempty`` loses it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rehearsal.kubernetes.schemas.definitions import definitions, short_name
from rehearsal.kubernetes.schemas.go_types import TABLE

RELEASE = "1.36"
_FOLDERS = (
    "api/*/v[12]",
    "apimachinery/pkg/apis/meta/v1",
    "apiextensions-apiserver/pkg/apis/apiextensions/v1",
    "kube-aggregator/pkg/apis/apiregistration/v1",
)
_TYPE = re.compile(r"^type (\w+) (.+)$")
_FIELD = re.compile(r'^\t(?:\w+ )?\s*(\S+)\s+`json:"([^"]*)"')
_SCALARS = {"string", "bool", "int32", "int64", "int", "uint8", "float64"}


@dataclass(frozen=True)
class Field:
    """A field of a Go struct, with its name in JSON."""

    name: str
    type: str
    omitted: bool
    embedded: str = ""


def structs(folder: Path) -> tuple[dict[str, list[Field]], dict[str, str]]:
    """The structs of a package, and its other named types with what they are."""
    found: dict[str, list[Field]] = {}
    named: dict[str, str] = {}
    for path in sorted(folder.glob("*.go")):
        current: list[Field] | None = None
        if "test" in path.name or path.name.startswith("zz_"):
            continue
        for line in path.read_text().splitlines():
            if match := _TYPE.match(line):
                name, what = match.groups()
                current = found.setdefault(name, []) if what.startswith("struct") else None
                if current is None:
                    named[name] = what.split(" //")[0].strip()
            elif line.startswith("}"):
                current = None
            elif current is not None and (match := _FIELD.match(line)):
                kind, tag = match.groups()
                name, *options = tag.split(",")
                current.append(Field(name, kind, bool({"omitempty", "omitzero"} & set(options))))
    return found, named


def fields(struct: str, known: dict[str, list[Field]]) -> Iterator[Field]:
    """The fields of a struct, and of the structs that are embedded in it."""
    for field in known[struct]:
        if field.name:
            yield field
        elif field.type in known:
            for inner in fields(field.type, known):
                yield replace(inner, embedded=field.type)


def token(field: Field, required: bool, structs_: set[str], named: dict[str, str]) -> str:
    """What the table says about a field; empty where the definitions are enough."""
    pointer, kind = field.type.startswith("*"), field.type.lstrip("*").rpartition(".")[2]
    text = ""
    if field.type.startswith(("[]", "map[")):
        inner = re.sub(r"^(\[\]|map\[\w+\])", "", field.type)
        text = field.type if named.get(inner) in _SCALARS else ""
    elif kind in structs_ or kind in ("ObjectMeta", "Time", "MicroTime", "LabelSelector", "Quantity"):
        text = "" if pointer else "="
    elif kind in _SCALARS:
        text = "*" if pointer else ""
    elif named.get(kind) in _SCALARS or kind in ("UID",):
        text = ("*" if pointer else "") + kind
    elif kind == "IntOrString":
        text = "" if pointer else "="
    elif kind in named and named[kind].startswith(("[]", "map")):
        text = kind
    if field.omitted == required:
        text += "~" if field.omitted else "!"
    embedded = f"@{field.embedded}" if field.embedded else ""
    return f"{field.name}{embedded}:{text}" if text or embedded else ""


def rows(checkout: Path) -> Iterator[str]:
    """The rows of the table."""
    known = {short_name(name): definition for name, definition in definitions(RELEASE).items()}
    source = checkout / "staging/src/k8s.io"
    packages = {folder: structs(folder) for pattern in _FOLDERS for folder in sorted(source.glob(pattern))}
    every = {struct for found, _ in packages.values() for struct in found}
    for folder, (found, named) in packages.items():
        for struct in sorted(found):
            name = f"{folder.parent.name}.{folder.name}.{struct}"
            definition = known.get(name, {})
            required, given = definition.get("required", ()), definition.get("properties", {})
            tokens = [
                token(field, field.name in required, every, named)
                for field in fields(struct, found)
                if field.name in given and field.embedded != "TypeMeta"
            ]
            if text := " ".join(filter(None, tokens)):
                yield f"{name}\t{text}"


def main() -> None:
    """Write the table."""
    TABLE.write_text("\n".join(rows(Path(sys.argv[1]))) + "\n")


if __name__ == "__main__":
    main()
