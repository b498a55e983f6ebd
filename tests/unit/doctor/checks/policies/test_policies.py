"""Policies that Cilium refuses, ignores or shares with another engine."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.policies.policies_enforced import policies_enforced
from cdk_eks_cilium.doctor.checks.policies.policy_engines import policy_engines
from cdk_eks_cilium.doctor.checks.policies.valid_policies import valid_policies
from cdk_eks_cilium.doctor.engine import kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.changes import configure, release
from tests.unit.doctor.world import World, result, thing


def test_a_policy_that_nobody_has_judged_yet_is_fine() -> None:
    world = healthy()
    del world.one(kinds.CILIUM_POLICIES, "default-deny")["status"]
    assert result(world, valid_policies).verdict is Verdict.OK


def test_releases_before_1_16_do_not_judge_policies() -> None:
    world = healthy()
    release(world, "1.15.19")
    del world.one(kinds.CILIUM_POLICIES, "default-deny")["status"]
    assert "in the logs of its agents" in result(world, valid_policies).detail


def test_agents_of_old_releases_wrote_their_errors_for_each_node() -> None:
    world = healthy()
    release(world, "1.12.19")
    nodes = {"node-a": {"ok": True, "enforcing": True}, "node-b": {"error": "invalid port range"}}
    world.one(kinds.CILIUM_POLICIES, "default-deny")["status"] = {"nodes": nodes}
    (finding,) = result(world, valid_policies).findings
    assert str(finding.evidence[0]).endswith("status.nodes[node-b].error is invalid port range")


def test_a_policy_that_is_called_invalid_by_mistake_is_fine() -> None:
    world = healthy()
    policy = world.one(kinds.CILIUM_POLICIES, "default-deny")
    policy["spec"] = {"endpointSelector": {}, "enableDefaultDeny": {"ingress": True, "egress": True}}
    policy["status"]["conditions"][0] |= {
        "status": "False",
        "message": "rule must have at least one of Ingress, IngressDeny, Egress, EgressDeny",
    }
    assert result(world, valid_policies).verdict is Verdict.OK
    policy["spec"] = {"endpointSelector": {}}
    assert result(world, valid_policies).verdict is Verdict.ERROR


def test_clusterwide_policies_are_judged_too() -> None:
    world = healthy()
    condition = {"type": "Valid", "status": "False", "message": "bad selector"}
    policy = thing(kinds.CILIUM_CLUSTERWIDE_POLICIES, "base", status={"conditions": [condition]})
    world.add(kinds.CILIUM_CLUSTERWIDE_POLICIES, policy)
    (finding,) = result(world, valid_policies).findings
    assert finding.evidence[0].object == "CiliumClusterwideNetworkPolicy base"


def cluster_policy(number: str, **options: str) -> World:
    world = healthy()
    release(world, number)
    configure(world, **options)
    world.add(kinds.CLUSTER_POLICIES, thing(kinds.CLUSTER_POLICIES, "deny-metadata"))
    return world


def test_1_20_enforces_cluster_network_policies_where_they_are_on() -> None:
    on = cluster_policy("1.20.0", enable_k8s_cluster_network_policy="true")
    assert result(on, policies_enforced).verdict is Verdict.OK
    (finding,) = result(cluster_policy("1.20.0"), policies_enforced).findings
    assert "cluster_network_policies" in finding.fix


def test_baseline_policies_are_never_enforced() -> None:
    world = healthy()
    world.add(kinds.BASELINE_POLICIES, thing(kinds.BASELINE_POLICIES, "default"))
    (finding,) = result(world, policies_enforced).findings
    assert "BaselineAdminNetworkPolicy" in finding.summary


@pytest.mark.parametrize(("policies", "verdict"), [(0, Verdict.OK), (1, Verdict.ERROR)])
def test_policies_of_kubernetes_that_are_off_matter_where_there_are_some(
    policies: int, verdict: Verdict
) -> None:
    world = healthy()
    configure(world, enable_k8s_networkpolicy="false")
    for _ in range(policies):
        world.add(kinds.NETWORK_POLICIES, thing(kinds.NETWORK_POLICIES, "web", "team-a", spec={}))
    assert result(world, policies_enforced).verdict is verdict


def test_an_agent_of_calico_that_runs_nowhere_is_fine() -> None:
    world = healthy()
    world.add(kinds.DAEMON_SETS, thing(kinds.DAEMON_SETS, "calico-node", "calico-system", status={}))
    assert result(world, policy_engines).verdict is Verdict.OK


def test_the_options_of_the_vpc_cni_may_be_there_with_its_controller_off() -> None:
    world = healthy()
    data = {"enable-network-policy-controller": "false", "enable-windows-ipam": "false"}
    options = thing(kinds.KUBE_SYSTEM_CONFIG_MAPS, "amazon-vpc-cni", "kube-system", data=data)
    world.add(kinds.KUBE_SYSTEM_CONFIG_MAPS, options)
    assert result(world, policy_engines).verdict is Verdict.OK
