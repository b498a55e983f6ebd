"""The fill of maps, as releases name them."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.policies.map_pressure import map_pressure
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import configure
from tests.unit.doctor.mutations.policies import measure
from tests.unit.doctor.world import result


@pytest.mark.parametrize(
    "name",
    [
        # https://github.com/cilium/cilium/issues/27686, #36818 and the troubleshooting guide.
        "policy_02366",
        "cilium_policy_*",
        "cilium_policy_v2_*",
    ],
)
def test_each_release_names_policy_maps_in_its_way(name: str) -> None:
    world = healthy()
    measure(world, f'cilium_bpf_map_pressure{{map_name="{name}"}} 0.95\n')
    (finding,) = result(world, map_pressure).findings
    assert finding.summary == f"policy maps of pods are almost full: {name}"


def test_low_maps_are_fine() -> None:
    world = healthy()
    measure(world, 'cilium_bpf_map_pressure{map_name="ct4_global"} 0.0129786\n')
    assert result(world, map_pressure).detail == "the maps of 1 agent, the fullest at 1%"


def test_an_agent_that_does_not_measure_maps_tells_nothing() -> None:
    world = healthy()
    measure(world, '# TYPE cilium_endpoint_state gauge\ncilium_endpoint_state{endpoint_state="ready"} 3\n')
    assert result(world, map_pressure).verdict is Verdict.SKIPPED


def test_metrics_that_cannot_be_read_are_unknown() -> None:
    world = healthy()
    configure(world, prometheus_serve_addr=":9962")
    world.unread[kinds.AGENT_METRICS] = "no metrics in a dump"
    assert result(world, map_pressure).unknown == ("no metrics in a dump",)
