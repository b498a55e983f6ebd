"""A live cluster moves from aws-node to Cilium, a phase a deployment."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium import (
    Cilium,
    CiliumMigration,
    CiliumValues,
    CiliumVersion,
    Egress,
    ExistingCluster,
    InputError,
    PodSubnets,
)
from cdk_eks_cilium.migration import NEW_NODES, PHASES, Phase
from tests.small_apps import Synthesized, known_vpc, kubectl_layer, new_stack, on_plain_cluster, plain_cluster
from tests.stacks.conftest import flat

HELM = "Custom::AWSCDK-EKS-HelmChart"
GROUP = "AWS::EKS::Nodegroup"
REMOVAL = "Custom::AwsNodeRemoval"
RULE = "AWS::EC2::SecurityGroupIngress"
POLICIES = "Custom::CiliumPolicySet"
NODE = CiliumValues(egress=Egress.node())


def migration(phase: Any, **kwargs: Any) -> CiliumMigration:
    stack = new_stack(env=cdk.Environment(account="123456789012", region="eu-west-1"))
    vpc = known_vpc(stack)
    shop = ExistingCluster(
        stack,
        "Shop",
        cluster_name="shop",
        vpc=vpc,
        cluster_endpoint="https://ABC.gr7.eu-west-1.eks.amazonaws.com",
        cluster_certificate_authority_data="Zm9vYmFy",
        cluster_security_group_id="sg-1",
        kubectl_layer=kubectl_layer(stack),
    )
    arguments: dict[str, Any] = {
        "cluster": shop.cluster,
        "pod_subnets": PodSubnets(stack, "Pods", vpc=vpc),
        "values": NODE,
        "operator_identity": "pod-identity",
        "old_node_security_groups": [ec2.SecurityGroup.from_security_group_id(stack, "Old", "sg-old")],
        **kwargs,
    }
    return CiliumMigration(stack, "Migration", phase=phase, **arguments)


@cache
def in_phase(phase: Phase) -> Synthesized:
    made = migration(phase)
    made.add_node_group("workers", kubernetes_version="1.35", labels={"team": "web"})
    return Synthesized(cdk.Stack.of(made))


def values_of(made: Synthesized) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(flat(made.only(HELM)[1]["Values"]))
    return found


@pytest.mark.parametrize(("phase", "after"), [("prepare", "install"), ("install", "move")])
def test_a_phase_adds_to_the_one_before_and_replaces_nothing(phase: Phase, after: Phase) -> None:
    before, now = in_phase(phase).template["Resources"], in_phase(after).template["Resources"]
    changed = [name for name in before if before[name].get("Properties") != now[name].get("Properties")]
    assert changed == []


def test_the_first_phase_touches_neither_aws_node_nor_nodes() -> None:
    made = in_phase("prepare")
    kinds = {resource["Type"] for resource in made.template["Resources"].values()}
    assert not kinds & {HELM, REMOVAL, GROUP, POLICIES}
    assert made.only("AWS::EKS::PodIdentityAssociation")[1]["ServiceAccount"] == "cilium-operator"


@pytest.mark.parametrize("phase", ["install", "move"])
def test_cilium_runs_on_labelled_nodes_alone_and_leaves_old_coredns_alone(phase: Phase) -> None:
    values = values_of(in_phase(phase))
    on_new = {"kubernetes.io/os": "linux", NEW_NODES: "true"}
    assert values["nodeSelector"] == values["envoy"]["nodeSelector"] == on_new
    assert values["operator"]["unmanagedPodWatcher"] == {"restart": False}
    assert "nodeSelector" not in values["operator"]


@pytest.mark.parametrize("phase", ["install", "move"])
def test_aws_node_stays_beside_and_is_never_refused(phase: Phase) -> None:
    removal = in_phase(phase).only(REMOVAL)[1]
    assert removal["Strategy"] == "beside"
    assert "RefuseNodes" not in removal


def test_nodes_come_in_the_third_phase_and_stay_as_they_are_in_the_last() -> None:
    assert in_phase("install").of_type(GROUP) == {}
    moving, finished = in_phase("move").only(GROUP), in_phase("finish").only(GROUP)
    assert moving == finished
    data = in_phase("move").only("AWS::EC2::LaunchTemplate")
    assert NEW_NODES in json.dumps(data)
    assert "team" in json.dumps(data)
    assert data == in_phase("finish").only("AWS::EC2::LaunchTemplate")


def test_the_last_phase_removes_aws_node_with_its_leftovers_and_opens_every_node() -> None:
    made = in_phase("finish")
    removal = made.only(REMOVAL)[1]
    assert {name: removal[name] for name in ("RefuseNodes", "RemoveExtras", "ManagedAddon")} == {
        "RefuseNodes": "true",
        "RemoveExtras": "true",
        "ManagedAddon": "true",
    }
    assert "Strategy" not in removal
    assert "nodeSelector" not in values_of(made)
    assert made.of_type(RULE) == {}
    assert made.of_type(POLICIES) == {}


@pytest.mark.parametrize("phase", ["prepare", "install", "move"])
def test_groups_of_old_nodes_and_the_clusters_admit_each_other(phase: Phase) -> None:
    rules = {
        (rule["GroupId"], rule["SourceSecurityGroupId"]): rule["IpProtocol"]
        for rule in in_phase(phase).of_type(RULE).values()
    }
    assert rules == {("sg-old", "sg-1"): "-1", ("sg-1", "sg-old"): "-1"}


def test_old_pods_are_admitted_before_there_are_nodes_unless_told_otherwise() -> None:
    assert len(in_phase("install").of_type(POLICIES)) == 1
    closed = Synthesized(cdk.Stack.of(migration("install", admit_old_pods=False)))
    assert closed.of_type(POLICIES) == {}


def test_where_cilium_replaces_kube_proxy_old_nodes_keep_theirs() -> None:
    values = CiliumValues(egress=Egress.node(), kube_proxy_replacement=True)
    made = Synthesized(cdk.Stack.of(migration("install", values=values)))
    assert json.loads(made.only(REMOVAL)[1]["KeptOff"]) == ["kube-proxy"]


def test_cilium_is_there_for_policies_from_the_second_phase_on() -> None:
    assert migration("prepare").cilium is None
    assert isinstance(migration("install").cilium, Cilium)


def test_no_phase_has_warnings() -> None:
    assert {phase: in_phase(phase).messages for phase in PHASES} == {phase: [] for phase in PHASES}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"phase": "drain"},
            "phase: must be one of prepare, install, move, finish, got 'drain'; begin with 'prepare'",
        ),
        (
            {"version": CiliumVersion.V1_15},
            "version: must be 1.16 or later during a migration",
        ),
        (
            {"values": CiliumValues(egress=Egress.node(), overrides={"nodeSelector": {"a": "b"}})},
            "values.overrides.nodeSelector: must not be set during a migration",
        ),
        (
            {
                "values": CiliumValues(
                    egress=Egress.node(), encryption="wireguard", overrides={"encryption": {"strictMode": {}}}
                )
            },
            "values.overrides.encryption.strictMode: must not be set during a migration: strict mode drops",
        ),
        (
            {"values": CiliumValues(egress=Egress.node(), profile="article")},
            "values.profile: must be 'standard' during a migration",
        ),
    ],
)
def test_what_cannot_run_beside_aws_node_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        migration(**{"phase": "prepare", **arguments})
    assert message in str(refused.value)


def test_a_cluster_of_the_app_is_refused() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    with pytest.raises(InputError, match="must be a cluster that exists: a new one never has aws-node's"):
        CiliumMigration(
            stack,
            "Migration",
            cluster=plain_cluster(stack, vpc),
            phase="prepare",
            pod_subnets=PodSubnets(stack, "Pods", vpc=vpc),
            values=NODE,
        )
    with pytest.raises(InputError, match="'beside' is for a cluster that exists"):
        on_plain_cluster(aws_node="beside")
