"""What charts install leaves the doctor nothing to find, in every minor."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.doctor.checks import checks_in
from cdk_eks_cilium.doctor.checks.views.definitions import awaited
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.readings import ApiVersion
from cdk_eks_cilium.values import CiliumValues
from cdk_eks_cilium.versions import CiliumVersion
from tests.charts.rendered import Rendered
from tests.charts.versions import Render, charts_or_skip, values_for
from tests.releases import NEWEST
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.aws_node import daemon_set
from tests.unit.doctor.world import World, findings, thing, told

charts_or_skip()

CATEGORIES = ("aws_node", "release", "pods", "policies", "hubble")
VALUES: dict[str, dict[str, Any]] = {
    "default": {},
    "much else": {
        "kube_proxy_replacement": True,
        "egress": {"kind": "pod"},
        "hubble": {"relay": False, "ui": False},
    },
}


def installed(rendered: Rendered, number: str, values: dict[str, Any]) -> World:
    """The healthy cluster with what a chart installs, of a Kubernetes that the release is tested with."""
    world = healthy()
    world.planned(cilium=number, config=dict(rendered.config), values=values)
    for reading in (kinds.DAEMON_SETS, kinds.DEPLOYMENTS, kinds.SERVICES):
        for live in list(world.all(reading)):
            name = live["metadata"]["name"]
            if rendered.has(f"{reading.kind}/{name}"):
                live["spec"] = rendered.find(reading.kind, name)["spec"]
            elif name.startswith(("cilium", "hubble")):
                world.remove(reading, name)
    for reading in (kinds.KUBE_SYSTEM_CONFIG_MAPS, kinds.KUBE_SYSTEM_CRON_JOBS):
        world.things[reading] = [
            thing(reading, each["metadata"]["name"], "kube-system", **_parts(each))
            for each in rendered.objects
            if each["kind"] == reading.kind
        ]
    world.things[kinds.CUSTOM_TYPES] = [
        thing(kinds.CUSTOM_TYPES, name, status={"conditions": [{"type": "Established", "status": "True"}]})
        for name in awaited(CiliumVersion.of(number), rendered.config)
    ]
    if rendered.config["kube-proxy-replacement"] not in ("true", "strict"):
        daemon_set(world, "kube-proxy")
    _run(world, CiliumVersion.of(number).tested_kubernetes[1])
    return world


def _parts(found: dict[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in ("data", "spec") if key in found}


def _run(world: World, kubernetes: str) -> None:
    world.one(ApiVersion())["gitVersion"] = f"v{kubernetes}.1"
    for node in world.all(kinds.NODES):
        node["status"]["nodeInfo"]["kubeletVersion"] = f"v{kubernetes}.1"


@pytest.mark.parametrize("number", NEWEST)
@pytest.mark.parametrize("parts", VALUES.values(), ids=VALUES)
def test_what_a_chart_installs_is_healthy(render: Render, number: str, parts: dict[str, Any]) -> None:
    values = values_for(number, CiliumValues.read(parts, "values"))
    world = installed(render(number, values), number, values)
    diagnosis = world.diagnose(checks_in(*CATEGORIES))
    expected = []
    if number.startswith("1.20."):
        # Its newest patch known here has faults with prefixes.
        expected.append("known-faults")
    if CiliumVersion.of(number).end_of_life:
        expected.append("tested-pair")
    assert findings(diagnosis) == expected, told(diagnosis)
    assert not diagnosis.has_unknown, told(diagnosis)
