from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks
from aws_cdk.assertions import Template

from cdk_eks_cilium import Cilium, CiliumCluster, InputError, ReadinessGate
from cdk_eks_cilium.cluster.later import later
from cdk_eks_cilium.cluster.readiness_gate import gate_rights
from cdk_eks_cilium.doctor.checks import all_checks
from cdk_eks_cilium.doctor.gate.checks import GATE_CHECKS
from tests.small_apps import known_vpc, new_stack, plain_cluster

TYPE = "Custom::CiliumReadinessGate"


@pytest.fixture
def stack() -> cdk.Stack:
    return new_stack()


def gate_of(stack: cdk.Stack) -> dict[str, Any]:
    (found,) = Template.from_stack(stack).find_resources(TYPE).values()
    return dict(found)


def id_of(stack: cdk.Stack, resource: Any) -> str:
    return str(stack.get_logical_id(resource))


def platform(stack: cdk.Stack, aws_node: Any = "remove") -> Cilium:
    cluster = CiliumCluster(stack, "Platform", vpc=known_vpc(stack), aws_node=aws_node, default_nodes=False)
    return cluster.cilium


def test_the_gate_waits_for_groups_that_come_before_and_after_it(stack: cdk.Stack) -> None:
    cilium = platform(stack)
    one = cilium.add_node_group("one")
    gate = cilium.add_readiness_gate()
    two = cilium.add_node_group("two")

    needs = gate_of(stack)["DependsOn"]

    assert isinstance(gate, ReadinessGate)
    assert {id_of(stack, group.resource.node.default_child) for group in (one, two)} <= set(needs)
    assert id_of(stack, cilium.chart.node.find_child("Resource").node.default_child) in needs


def test_the_gate_waits_for_the_add_on_of_coredns(stack: cdk.Stack) -> None:
    cilium = platform(stack, "never-install")
    cilium.add_node_group("workers")
    cilium.add_readiness_gate()
    assert cilium.core_addons is not None
    assert id_of(stack, cilium.core_addons.core_dns) in gate_of(stack)["DependsOn"]


@pytest.mark.parametrize("gate_first", [True, False])
def test_the_gate_waits_for_nodes_that_others_made(stack: cdk.Stack, gate_first: bool) -> None:
    cilium = platform(stack)
    nodes = cdk.CfnResource(stack, "Nodes", type="AWS::EKS::Nodegroup")
    if gate_first:
        cilium.add_readiness_gate()
    cilium.run_on(nodes)
    if not gate_first:
        cilium.add_readiness_gate()
    assert id_of(stack, nodes) in gate_of(stack)["DependsOn"]


def test_nodes_of_a_later_stack_are_not_waited_for() -> None:
    app = cdk.App(builtin_cloud_formation_validation=False)
    where = cdk.Environment(account="111122223333", region="eu-west-1")
    stack, later_stack = (cdk.Stack(app, name, env=where) for name in ("Main", "Later"))
    cilium = platform(stack)
    cilium.run_on(cdk.CfnResource(later_stack, "Nodes", type="AWS::EKS::Nodegroup"))
    cilium.add_readiness_gate()
    assert all("Nodes" not in name for name in gate_of(stack)["DependsOn"])


def test_the_gate_judges_again_when_release_or_nodes_change(stack: cdk.Stack) -> None:
    cilium = platform(stack)
    cilium.add_readiness_gate()
    group = cilium.add_node_group("workers")

    given = gate_of(stack)["Properties"]

    (takeover,) = Template.from_stack(stack).find_resources("Custom::CiliumReleaseTakeover").values()
    assert given["Release"] == {name: takeover["Properties"][name] for name in ("Values", "References")}
    template = id_of(stack, group.launch_template.node.default_child)
    parts = given["NodeGroups"][0]["Fn::Join"][1]
    assert parts == [{"Ref": template}, " ", {"Fn::GetAtt": [template, "LatestVersionNumber"]}]


def test_its_rights_are_to_list_what_the_checks_read_in_kube_system_and_nodes() -> None:
    rights = {
        (manifest["kind"], manifest["metadata"].get("namespace")): manifest["rules"]
        for manifest in gate_rights("gate", "gates")
        if "rules" in manifest
    }
    assert rights == {
        ("ClusterRole", None): [
            {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]},
            {"apiGroups": ["cilium.io"], "resources": ["ciliumnodes"], "verbs": ["list"]},
        ],
        ("Role", "kube-system"): [
            {"apiGroups": [""], "resources": ["configmaps", "pods", "services"], "verbs": ["list"]},
            {"apiGroups": ["apps"], "resources": ["daemonsets", "deployments"], "verbs": ["list"]},
        ],
    }


def test_every_check_of_the_doctor_that_is_for_the_gate_is_in_it() -> None:
    assert {each for each in all_checks() if each.gate} <= set(GATE_CHECKS)
    assert all(each.gate for each in GATE_CHECKS)


def test_the_function_has_no_rights_in_aws(stack: cdk.Stack) -> None:
    gate = platform(stack).add_readiness_gate()
    role = id_of(stack, gate.role.node.default_child)
    policies = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    assert [each for each in policies if {"Ref": role} in each["Properties"]["Roles"]] == []


def test_cloudformation_waits_longer_than_the_function_and_the_function_longer_than_the_gate(
    stack: cdk.Stack,
) -> None:
    gate = platform(stack).add_readiness_gate(minutes=13)
    given = gate_of(stack)["Properties"]
    function = Template.from_stack(stack).find_resources("AWS::Lambda::Function")[
        id_of(stack, gate.handler.node.default_child)
    ]
    assert (given["Seconds"], function["Properties"]["Timeout"], given["ServiceTimeout"]) == (780, 840, "960")


@pytest.mark.parametrize("minutes", [0, 14])
def test_a_time_that_no_function_has_is_refused(stack: cdk.Stack, minutes: int) -> None:
    cluster: eks.Cluster = plain_cluster(stack, known_vpc(stack))
    with pytest.raises(InputError, match=rf"minutes: must be 1 to 13, got {minutes}"):
        ReadinessGate(stack, "Gate", cluster=cluster, release={}, node_groups=later(list), minutes=minutes)
