"""The default deny of tenants, in the words of both kinds of policies."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from cdk_eks_cilium.doctor.checks.policies.tenants_isolated import tenants_isolated
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from cdk_eks_cilium.policy.documents import dump
from cdk_eks_cilium.policy.tenancy import default_deny
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import configure
from tests.unit.doctor.world import World, result, thing


def with_policy(reading: Any, **parts: Any) -> World:
    """A cluster whose tenant has this policy alone."""
    world = healthy()
    world.remove(kinds.CILIUM_POLICIES, "default-deny")
    world.add(reading, thing(reading, "deny", "team-a", **parts))
    return world


def cilium(**spec: Any) -> World:
    return with_policy(kinds.CILIUM_POLICIES, spec={"endpointSelector": {}, **spec})


@pytest.mark.parametrize(
    ("world", "isolated"),
    [
        (cilium(ingress=[{}], egress=[{}]), True),
        (cilium(ingress=[{"fromEntities": ["host"]}], egressDeny=[{"toEntities": ["world"]}]), True),
        (cilium(enableDefaultDeny={"ingress": True, "egress": True}), True),
        (cilium(ingress=[{}], egress=[{}], enableDefaultDeny={"egress": False}), False),
        (cilium(ingress=[{}], egress=[]), False),
        (cilium(endpointSelector={"matchLabels": {"app": "web"}}, ingress=[{}], egress=[{}]), False),
        (cilium(nodeSelector={}, endpointSelector=None, ingress=[{}], egress=[{}]), False),
        (
            with_policy(
                kinds.CILIUM_POLICIES,
                specs=[{"endpointSelector": {}, "ingress": [{}]}, {"endpointSelector": {}, "egress": [{}]}],
            ),
            True,
        ),
        (
            with_policy(
                kinds.NETWORK_POLICIES, spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
            ),
            True,
        ),
        (with_policy(kinds.NETWORK_POLICIES, spec={"podSelector": {}}), False),
        (with_policy(kinds.NETWORK_POLICIES, spec={"podSelector": {}, "egress": []}), True),
        (
            with_policy(
                kinds.NETWORK_POLICIES,
                spec={"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Ingress", "Egress"]},
            ),
            False,
        ),
    ],
)
def test_a_policy_isolates_all_pods_in_both_directions_or_not(world: World, isolated: bool) -> None:
    assert result(world, tenants_isolated).verdict is (Verdict.OK if isolated else Verdict.ERROR)


def test_the_default_deny_of_this_library_isolates() -> None:
    world = healthy()
    world.things[kinds.CILIUM_POLICIES] = [yaml.safe_load(dump([default_deny("team-a")]))]
    assert result(world, tenants_isolated).verdict is Verdict.OK


def test_where_every_pod_is_isolated_no_policy_is_needed() -> None:
    world = healthy()
    world.remove(kinds.CILIUM_POLICIES, "default-deny")
    configure(world, enable_policy="always")
    assert result(world, tenants_isolated).verdict is Verdict.OK


def test_settings_without_tenants_isolate_nobody() -> None:
    world = healthy()
    world.planned(tenants=None)
    assert result(world, tenants_isolated).verdict is Verdict.SKIPPED
    world.planned(tenants=())
    assert result(world, tenants_isolated).detail == "0 tenants"
