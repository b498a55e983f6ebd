"""Cilium's own charts, rendered by the Helm binaries that CDK deploys with."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from rehearsal.charts.template import helm_binary, template
from tests.charts.rendered import Rendered
from tests.charts.versions import Render


@cache
def _render(number: str, values: str, helm: int, api_versions: tuple[str, ...]) -> Rendered:
    chart = Path(os.environ["CILIUM_CHARTS"]) / f"cilium-{number}.tgz"
    return Rendered(template(helm_binary(helm), chart, json.loads(values), api_versions=api_versions))


@pytest.fixture(scope="session")
def render() -> Render:
    """A function of chart version, values and Helm's major version; equal renders are made once."""

    def render(
        number: str, values: Mapping[str, Any], helm: int = 4, api_versions: tuple[str, ...] = ()
    ) -> Rendered:
        return _render(number, json.dumps(values, sort_keys=True), helm, api_versions)

    return render
