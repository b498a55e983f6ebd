"""CustomResourceDefinitions to test with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rehearsal.kubernetes.model import Object
from tests.quick_yaml import read

FOOS = "/apis/example.org/v1/namespaces/default/foos"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def cases(name: str) -> Any:
    """The cases of a file beside this one."""
    return read(Path(__file__).with_name(f"{name}.yaml").read_text())


def with_spec(**fields: Any) -> Object:
    """A schema of objects whose spec has these fields."""
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}


def version(schema: Object, name: str = "v1", *, storage: bool = True, **more: Any) -> Object:
    """A version of a definition."""
    return {
        "name": name,
        "served": True,
        "storage": storage,
        "schema": {"openAPIV3Schema": schema},
    } | more


def definition(*versions: Object, **spec: Any) -> Object:
    """The definition of Foo."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "foos.example.org"},
        "spec": {
            "group": "example.org",
            "scope": "Namespaced",
            "names": {"kind": "Foo", "plural": "foos"},
            "versions": list(versions),
        }
        | spec,
    }


def foo(name: str = "f", **spec: Any) -> Object:
    """A Foo."""
    return {"apiVersion": "example.org/v1", "kind": "Foo", "metadata": {"name": name}, "spec": spec}
