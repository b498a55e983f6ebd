"""The schemas that Cilium's operator registers, for `jsonschema`."""

from __future__ import annotations

import os
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, FormatChecker

from cdk_eks_cilium.versions import CiliumVersion

_REFERENCE = os.environ.get("CILIUM_REFERENCE")
#: The releases whose CRDs are at hand, oldest first.
NUMBERS = sorted(
    (path.name for path in (Path(_REFERENCE) / "crds").iterdir()) if _REFERENCE else (),
    key=lambda number: CiliumVersion.of(number),
)

needs_crds = pytest.mark.skipif(
    "CILIUM_REFERENCE" not in os.environ,
    reason="CILIUM_REFERENCE names no folder with crds/VERSION/ciliumnetworkpolicies.yaml of Cilium",
)

_FILES = {
    "CiliumNetworkPolicy": "ciliumnetworkpolicies.yaml",
    "CiliumClusterwideNetworkPolicy": "ciliumclusterwidenetworkpolicies.yaml",
}
_formats = FormatChecker(formats=())


def _is_cidr(text: object) -> bool:
    assert isinstance(text, str)
    return "/" in text and bool(ip_network(text, strict=False))


_formats.checks("cidr", raises=ValueError)(_is_cidr)


@cache
def schema(number: str, kind: str = "CiliumNetworkPolicy") -> dict[str, Any]:
    """The schema of a kind as the release *number* has it."""
    file = Path(os.environ["CILIUM_REFERENCE"]) / "crds" / number / _FILES[kind]
    definition = yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    (version,) = definition["spec"]["versions"]
    found: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    return found


@cache
def _validator(number: str, kind: str) -> Draft7Validator:
    return Draft7Validator(_converted(schema(number, kind)), format_checker=_formats)


def faults(number: str, manifest: dict[str, Any]) -> list[str]:
    """What the API server would refuse of a manifest, or prune from it, with the CRD of *number*."""
    found = _validator(number, manifest["kind"]).iter_errors(manifest)
    return [f"{error.json_path}: {error.message}" for error in found]


def _converted(node: dict[str, Any]) -> dict[str, Any]:
    """A structural schema as JSON Schema, in which a field that the API server prunes is an error."""
    plain = {key: value for key, value in node.items() if key in _KEPT}
    if "properties" in node:
        plain["properties"] = {name: _converted(each) for name, each in node["properties"].items()}
        plain["additionalProperties"] = False
    if isinstance(node.get("additionalProperties"), dict):
        plain["additionalProperties"] = _converted(node["additionalProperties"])
    if "items" in node:
        plain["items"] = _converted(node["items"])
    if node.get("x-kubernetes-list-type") == "set":
        plain["uniqueItems"] = True
    if node.get("x-kubernetes-int-or-string"):
        plain["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    # RE2's class of control characters has no name in Python; the model's own test covers it.
    if plain.get("pattern") == r"^\PC*$":
        del plain["pattern"]
    return plain


_KEPT = frozenset(
    {
        "type",
        "enum",
        "pattern",
        "required",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "oneOf",
        "anyOf",
        "format",
    }
)
