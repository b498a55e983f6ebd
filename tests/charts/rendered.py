"""A rendered chart, and ways to look into it."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

_STEP = re.compile(r"\[([^\]]*)\]|([^.\[]+)")


@dataclass(frozen=True)
class Rendered:
    """What Helm wrote for a chart."""

    text: str

    @cached_property
    def objects(self) -> tuple[dict[str, Any], ...]:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return tuple(o for o in yaml.load_all(self.text, Loader=loader) if o)

    @property
    def config(self) -> dict[str, str]:
        """What the agent and the operator read: the ConfigMap ``cilium-config``."""
        data = self.find("ConfigMap", "cilium-config")["data"]
        assert isinstance(data, dict)
        return data

    def find(self, kind: str, name: str) -> dict[str, Any]:
        (found,) = (o for o in self.objects if o["kind"] == kind and o["metadata"]["name"] == name)
        return found

    def names(self, kind: str) -> set[str]:
        return {o["metadata"]["name"] for o in self.objects if o["kind"] == kind}

    def has(self, which: str) -> bool:
        """Whether an object is there, named as in ``DaemonSet/cilium``."""
        kind, _, name = which.partition("/")
        return name in self.names(kind)

    def at(self, place: str) -> Any:
        """What is at a place such as ``DaemonSet/cilium:spec.template.spec.containers[cilium-agent].image``.

        In brackets is the name of a list's element, or a key with dots in it. None if there is nothing.
        """
        which, _, path = place.partition(":")
        if not self.has(which):
            return None
        value: Any = self.find(*which.split("/", 1))
        for in_brackets, plain in _STEP.findall(path):
            value = _step(value, in_brackets or plain)
        return value

    @cached_property
    def comparable(self) -> dict[str, Any]:
        """The objects by kind, namespace and name; certificates that Helm makes differ with each render."""
        compared = {}
        for each in self.objects:
            if each["kind"] == "Secret":
                each = copy.deepcopy(each) | {"data": sorted(each.get("data") or {})}
            at = each["metadata"]
            compared[f"{each['kind']}/{at.get('namespace', '')}/{at['name']}"] = each
        assert len(compared) == len(self.objects), "two objects have one name"
        return compared


def _step(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(key)
    if isinstance(value, list):
        return next((each for each in value if each["name"] == key), None)
    return None


def other_than_text(rendered: Rendered) -> list[tuple[str, str]]:
    """The keys of ConfigMaps whose values are not text: the API server refuses them, Helm does not."""
    return [
        (each["metadata"]["name"], key)
        for each in rendered.objects
        if each["kind"] == "ConfigMap"
        for key, value in each["data"].items()
        if not isinstance(value, str)
    ]
