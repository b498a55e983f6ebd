"""Write the table of Kubernetes' protobuf messages anew, from the Go types in its source.

    python -m scripts.protobuf_fields PATH_TO_KUBERNETES

Kubernetes' generated.proto files have the numbers, too, but not which fields are pointers (an empty one then
differs from a missing one) nor which are parts of the object around them. The table is
rehearsal/kubernetes/protobuf_fields.txt: a line for each message, its fields as `number:name`, followed by
`*` for a pointer, `[]` for a list, `{}` for a mapping, `^` for a part of the object around it, and `=type`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
TABLE: Final = ROOT / "rehearsal" / "kubernetes" / "protobuf_fields.txt"
PACKAGES: Final = (
    "admissionregistration/v1",
    "apps/v1",
    "authentication/v1",
    "authorization/v1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "certificates/v1",
    "coordination/v1",
    "core/v1",
    "discovery/v1",
    "events/v1",
    "networking/v1",
    "node/v1",
    "policy/v1",
    "rbac/v1",
    "scheduling/v1",
    "storage/v1",
)
META: Final = "apimachinery/pkg/apis/meta/v1"
_STRUCT: Final = re.compile(r"^type (\w+) struct \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_ALIAS: Final = re.compile(r"^type (\w+) (=? ?[\w.\[\]*]+)$", re.MULTILINE)
_FIELD: Final = re.compile(
    r"^\t(?P<names>[\w.]+(?:\s+[^\s`]+)?)\s+`json:\"(?P<json>[^\"]*)\".*?protobuf:\"\w+,(?P<number>\d+),",
    re.MULTILINE,
)
_SCALARS: Final = {
    "string": "",
    "bool": "bool",
    "int": "int",
    "int32": "int",
    "int64": "int",
    "uint16": "int",
    "uint32": "int",
    "byte": "byte",
    "float64": "double",
    "types.UID": "",
    "metav1.Time": "time",
    "metav1.MicroTime": "time",
    "Time": "time",
    "MicroTime": "time",
    "metav1.Duration": "duration",
    "resource.Quantity": "quantity",
    "intstr.IntOrString": "int-or-string",
    "runtime.RawExtension": "raw",
    "FieldsV1": "raw",
}
_OF_PACKAGE: Final = {"metav1": "meta", "v1": "core", "corev1": "core", "v1core": "core", "core": "core"}


def lines(source: Path) -> Iterator[str]:
    """Yield the lines of the table for a source tree."""
    table = list(_all(source))
    known = {line.partition(" ")[0] for line in table}
    # What is not a message of these packages is a name for a string.
    yield from (re.sub(r"=(\w+\.\w+)", lambda m: m[0] if m[1] in known else "", line) for line in table)


def _all(source: Path) -> Iterator[str]:
    for package in PACKAGES:
        group, _, version = package.partition("/")
        name = f"{group}{version}" if package in ("autoscaling/v1", "autoscaling/v2") else group
        yield from _of(source / "staging" / "src" / "k8s.io" / "api" / package / "types.go", name)
    yield from _of(source / "staging" / "src" / "k8s.io" / META / "types.go", "meta")


def _of(path: Path, package: str) -> Iterator[str]:
    text = path.read_text()
    aliases = {match[1]: match[2].lstrip("= ") for match in _ALIAS.finditer(text)}
    for match in _STRUCT.finditer(text):
        fields = [_field(each, package, aliases) for each in _FIELD.finditer(match[2])]
        if fields:
            yield f"{package}.{match[1]} {' '.join(fields)}"


def _field(match: re.Match[str], package: str, aliases: dict[str, str]) -> str:
    *_, kind = match["names"].split()
    name = match["json"].split(",")[0]
    marks = ""
    if not name:  # an embedded struct: a part of the object, or its metadata
        name, marks = match["names"].rpartition(".")[2], "^"
    while (inner := aliases.get(kind)) and not kind.startswith(("*", "[")):
        kind = inner
    if kind.startswith("*"):
        kind, marks = kind[1:], marks + "*"
    if kind.endswith(".ResourceList"):
        kind, marks = "resource.Quantity", marks + "{}"
    if kind == "[]byte":
        return f"{match['number']}:{name}{marks}=bytes"
    if kind.startswith("[]"):
        kind, marks = kind[2:].lstrip("*"), marks + "[]"
    elif kind.startswith("map["):
        kind, marks = kind.partition("]")[2], marks + "{}"
        if kind == "[]byte":
            return f"{match['number']}:{name}{marks}=bytes"
    while inner := aliases.get(kind):
        kind = inner
        if kind.startswith("[]"):
            kind, marks = kind[2:], f"{marks}#"
    return f"{match['number']}:{name}{marks}" + (f"={found}" if (found := _type(kind, package)) else "")


def _type(kind: str, package: str) -> str:
    if kind in _SCALARS:
        return _SCALARS[kind]
    of, dot, name = kind.rpartition(".")
    if dot:
        return f"{_OF_PACKAGE.get(of, of)}.{name}"
    return f"{package}.{kind}"


def main(arguments: list[str]) -> int:
    """Run the command."""
    (source,) = arguments
    TABLE.write_text("\n".join(sorted(lines(Path(source)))) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
