"""What is kept off every node by a selector, and brought back: kube-proxy where Cilium replaces it."""

from __future__ import annotations

import json

import pytest

from cdk_eks_cilium import AwsNodeRemoval
from cdk_eks_cilium.checks.template_graph import dependency_graph, waits_for
from tests.small_apps import Synthesized, known_vpc, new_stack, plain_cluster
from tests.stacks.conftest import flat

REMOVAL = "Custom::AwsNodeRemoval"


@pytest.fixture(scope="module")
def outside() -> Synthesized:
    """A removal with every default."""
    stack = new_stack()
    AwsNodeRemoval(stack, "Removal", cluster=plain_cluster(stack, known_vpc(stack)))
    return Synthesized(stack)


@pytest.fixture(scope="module")
def without_proxy() -> Synthesized:
    """A removal that also keeps kube-proxy off."""
    stack = new_stack()
    AwsNodeRemoval(stack, "Removal", cluster=plain_cluster(stack, known_vpc(stack)), kept_off=["kube-proxy"])
    return Synthesized(stack)


def test_by_default_nothing_else_is_kept_off(outside: Synthesized) -> None:
    assert "KeptOff" not in outside.only(REMOVAL)[1]


def test_kube_proxy_is_kept_off_whatever_the_strategy(without_proxy: Synthesized) -> None:
    _, removal = without_proxy.only(REMOVAL)

    assert json.loads(removal["KeptOff"]) == ["kube-proxy"]
    assert "Strategy" not in removal


def test_the_right_to_patch_kube_proxy_is_a_manifest_of_its_own(without_proxy: Synthesized) -> None:
    """An update that no longer keeps kube-proxy off must still have the right to bring it back."""
    name, props = without_proxy.only("Custom::AWSCDK-EKS-KubernetesResource", "KeptOff")
    removal, _ = without_proxy.only(REMOVAL)
    role, binding = json.loads(flat(props["Manifest"]))

    assert role["rules"] == [
        {
            "apiGroups": ["apps"],
            "resources": ["daemonsets"],
            "resourceNames": ["kube-proxy"],
            "verbs": ["get", "patch"],
        }
    ]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert waits_for(dependency_graph(without_proxy.template), removal, name)


def test_the_role_may_see_whether_its_own_stack_rolls_back(without_proxy: Synthesized) -> None:
    name, policy = without_proxy.only("AWS::IAM::Policy", "StackPolicy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    removal, _ = without_proxy.only(REMOVAL)

    assert statement == {
        "Action": "cloudformation:DescribeStacks",
        "Effect": "Allow",
        "Resource": {"Ref": "AWS::StackId"},
    }
    assert waits_for(dependency_graph(without_proxy.template), removal, name)


def test_without_it_the_role_sees_no_stack(outside: Synthesized) -> None:
    assert not [name for name in outside.of_type("AWS::IAM::Policy") if "StackPolicy" in name]
