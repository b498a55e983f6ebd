"""Pod subnets that somebody else keeps."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest

from cdk_eks_cilium import Cilium, CiliumValues, Egress, ExistingPodSubnets, InputError
from tests.small_apps import Synthesized, known_vpc, new_stack, plain_cluster
from tests.stacks.conftest import flat

IDS = {"eu-west-1a": "subnet-pods-a", "eu-west-1b": "subnet-pods-b"}
HELM = "Custom::AWSCDK-EKS-HelmChart"


def on_existing(values: CiliumValues, **kwargs: Any) -> Synthesized:
    stack = new_stack()
    vpc = known_vpc(stack)
    pods = ExistingPodSubnets(stack, "Pods", subnet_ids=IDS, **kwargs)
    Cilium(stack, "Cilium", cluster=plain_cluster(stack, vpc), pod_subnets=pods, values=values)
    return Synthesized(stack)


def test_nothing_is_made_for_them() -> None:
    stack = new_stack()
    pods = ExistingPodSubnets(stack, "Pods", subnet_ids=IDS)

    assert "Resources" not in Synthesized(stack).template
    assert pods.availability_zones == ("eu-west-1a", "eu-west-1b")
    assert pods.subnet_ids == ("subnet-pods-a", "subnet-pods-b")


def test_cilium_takes_them_by_their_ids() -> None:
    _, release = on_existing(CiliumValues(egress=Egress.node())).only(HELM)

    node_spec = json.loads(flat(release["Values"]))["eni"]["nodeSpec"]
    assert node_spec["subnetIDs"] == ["subnet-pods-a", "subnet-pods-b"]


def test_the_operator_may_make_interfaces_there_and_nowhere_else() -> None:
    app = on_existing(CiliumValues(egress=Egress.node()))
    policies = app.of_type("AWS::IAM::Policy", "OperatorRole").values()
    statements = [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]
    (made_in,) = [each["Resource"] for each in statements if each.get("Sid") == "CreateInterfaceInPodSubnets"]

    assert [flat(arn).rpartition("/")[2] for arn in made_in] == ["subnet-pods-a", "subnet-pods-b"]


def test_pods_with_their_own_address_need_has_way_out() -> None:
    with pytest.raises(RuntimeError, match=r"existing ones: pass has_way_out=True"):
        on_existing(CiliumValues(egress=Egress.pod()))
    assert on_existing(CiliumValues(egress=Egress.pod()), has_way_out=True).only(HELM)


def test_a_missing_subnet_is_refused() -> None:
    with pytest.raises(InputError, match="must name a pod subnet for each zone of nodes"):
        ExistingPodSubnets(cdk.Stack(), "Pods", subnet_ids={})


def test_an_invalid_id_is_refused() -> None:
    with pytest.raises(InputError, match="subnet_ids: must be ids of subnets, got 'nonsense'; for example"):
        ExistingPodSubnets(new_stack(), "Pods", subnet_ids={"eu-west-1a": "nonsense"})


def test_lists_that_only_a_deployment_knows_are_refused_with_the_way_to_take_them() -> None:
    stack = new_stack()
    ids = cdk.CfnParameter(stack, "Ids", type="CommaDelimitedList").value_as_list
    with pytest.raises(InputError) as refused:
        ExistingPodSubnets(stack, "Pods", subnet_ids=dict(zip(cdk.Fn.get_azs(), ids, strict=True)))

    zones, subnets = (str(problem) for problem in refused.value.problems)
    assert zones.startswith("Stack/Pods: subnet_ids: must name each zone, and is a list whose length only a")
    assert subnets.startswith("Stack/Pods: subnet_ids: must be ids of subnets, got '#{Token[")
    assert subnets.endswith("]}'; take each id of the list with cdk.Fn.select()")


def test_one_subnet_for_two_zones_is_refused() -> None:
    with pytest.raises(InputError, match="must name each subnet once, for its zone, got 'subnet-a'"):
        ExistingPodSubnets(cdk.Stack(), "Pods", subnet_ids={"a": "subnet-a", "b": "subnet-a"})


def test_shared_subnets_have_the_account_of_their_owner_in_their_arns() -> None:
    app = on_existing(CiliumValues(egress=Egress.node()), owner_account="444455556666")
    policies = app.of_type("AWS::IAM::Policy", "OperatorRole").values()
    by_name = {each["Sid"]: each for policy in policies for each in policy["PolicyDocument"]["Statement"]}
    theirs = "arn:<AWS::Partition>:ec2:<AWS::Region>:444455556666"
    groups = by_name["CreateInterfaceWithGroupsOfTheVpc"]

    assert [flat(arn) for arn in by_name["CreateInterfaceInPodSubnets"]["Resource"]] == [
        f"{theirs}:subnet/{subnet}" for subnet in IDS.values()
    ]
    assert flat(groups["Condition"]["ArnEquals"]["ec2:Vpc"]) == f"{theirs}:vpc/vpc-1"
    assert flat(groups["Resource"]).endswith(":<AWS::AccountId>:security-group/*")


@pytest.mark.parametrize("account", ["", "12345678901", "1234567890123", "12345678901x", "12345678901\n"])
def test_an_owner_is_an_account_of_twelve_digits(account: str) -> None:
    with pytest.raises(InputError) as refused:
        ExistingPodSubnets(cdk.Stack(), "Pods", subnet_ids=IDS, owner_account=account)

    assert [str(problem) for problem in refused.value.problems] == [
        f"Default/Pods: owner_account: must be an account id of 12 digits, got {account!r}; give the account "
        "that shares the subnets, or leave it out if they are your own"
    ]


def test_an_owner_that_only_a_deploy_knows_is_taken() -> None:
    stack = cdk.Stack()
    owner = cdk.CfnParameter(stack, "Owner").value_as_string

    assert ExistingPodSubnets(stack, "Pods", subnet_ids=IDS, owner_account=owner).owner_account == owner
