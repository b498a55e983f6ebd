"""Hubble as settings want it, or as it is installed."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.hubble.hubble_peer import hubble_peer
from cdk_eks_cilium.doctor.checks.hubble.hubble_runs import hubble_runs
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import configure, deployment
from tests.unit.doctor.world import World, result, thing


def agents_alone(planned: bool = True) -> World:
    """A cluster without relay and UI."""
    world = healthy()
    world.planned(values={} if planned else None)
    world.remove(kinds.DEPLOYMENTS, "hubble-relay")
    world.remove(kinds.DEPLOYMENTS, "hubble-ui")
    return world


@pytest.mark.parametrize("planned", [True, False])
def test_agents_may_have_hubble_alone(planned: bool) -> None:
    assert result(agents_alone(planned), hubble_runs).detail == "agents alone"


def test_hubble_may_be_off() -> None:
    world = agents_alone()
    configure(world, enable_hubble="false")
    assert result(world, hubble_runs).verdict is Verdict.SKIPPED


def test_without_settings_what_is_installed_must_be_ready() -> None:
    world = healthy()
    world.planned(values=None)
    assert result(world, hubble_runs).verdict is Verdict.OK
    deployment(world, "hubble-relay")["status"].pop("readyReplicas")
    assert result(world, hubble_runs).verdict is Verdict.ERROR


def test_what_the_settings_do_not_want_only_hurts() -> None:
    world = healthy()
    world.planned(values={"hubble": {"relay": {"enabled": True}}})
    found = result(world, hubble_runs)
    assert found.verdict is Verdict.WARNING
    assert found.findings[0].summary == "hubble-ui is installed, and the settings do not want it"


@pytest.mark.parametrize("change", [{"spec": {"replicas": 0}}, {"status": {"observedGeneration": 0}}])
def test_a_relay_that_is_scaled_down_or_not_rolled_out_is_found(change: dict[str, dict[str, int]]) -> None:
    world = healthy()
    for part, values in change.items():
        deployment(world, "hubble-relay")[part] |= values
    assert result(world, hubble_runs).verdict is Verdict.ERROR


def test_without_a_relay_nobody_needs_the_peers() -> None:
    world = agents_alone()
    world.remove(kinds.SERVICES, "hubble-peer")
    assert result(world, hubble_peer).verdict is Verdict.SKIPPED


def test_a_relay_of_1_12_may_ask_by_a_file() -> None:
    world = healthy()
    world.remove(kinds.SERVICES, "hubble-peer")
    data = {"config.yaml": "cluster-name: platform\npeer-service: unix:///var/run/cilium/hubble.sock\n"}
    relay = thing(kinds.KUBE_SYSTEM_CONFIG_MAPS, "hubble-relay-config", "kube-system", data=data)
    world.add(kinds.KUBE_SYSTEM_CONFIG_MAPS, relay)
    assert result(world, hubble_peer).verdict is Verdict.OK
