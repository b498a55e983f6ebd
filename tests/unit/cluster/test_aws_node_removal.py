"""The custom resource that takes aws-node off, used by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import aws_ec2 as ec2

from cdk_eks_cilium import AwsNodeOptions, AwsNodeRemoval, InputError
from cdk_eks_cilium.checks.template_graph import dependency_graph, waits_for
from tests.small_apps import Synthesized, imported_cluster, known_vpc, new_stack, plain_cluster
from tests.stacks.conftest import flat

REMOVAL = "Custom::AwsNodeRemoval"


@pytest.fixture(scope="module")
def outside() -> Synthesized:
    """A removal with every default."""
    stack = new_stack()
    AwsNodeRemoval(stack, "Removal", cluster=plain_cluster(stack, known_vpc(stack)))
    return Synthesized(stack)


def handler(made: Synthesized) -> dict[str, Any]:
    return made.only("AWS::Lambda::Function", "RemovalHandler")[1]


def rbac(made: Synthesized) -> tuple[dict[str, Any], dict[str, Any]]:
    role, binding = json.loads(flat(made.only("Custom::AWSCDK-EKS-KubernetesResource")[1]["Manifest"]))
    return role, binding


def test_it_removes_aws_node_alone(outside: Synthesized) -> None:
    assert json.loads(outside.only(REMOVAL)[1]["DaemonSets"]) == ["aws-node"]
    assert outside.only(REMOVAL)[1]["RepeatOn"] == {}


def test_cloudformation_waits_longer_than_the_handler_may_run(outside: Synthesized) -> None:
    assert int(outside.only(REMOVAL)[1]["ServiceTimeout"]) > handler(outside)["Timeout"] == 300


def test_its_rights_are_there_before_it_runs_and_after_it_is_gone(outside: Synthesized) -> None:
    graph = dependency_graph(outside.template)
    removal, _ = outside.only(REMOVAL)

    assert waits_for(graph, removal, outside.only("AWS::EKS::AccessEntry", "Removal")[0])
    assert waits_for(graph, removal, outside.only("Custom::AWSCDK-EKS-KubernetesResource")[0])


def test_in_subnets_the_handler_takes_the_clusters_security_group() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    cluster = plain_cluster(stack, vpc)
    AwsNodeRemoval(stack, "Removal", cluster=cluster, handler_subnets=vpc.private_subnets)
    made = Synthesized(stack)

    assert handler(made)["VpcConfig"] == {
        "SubnetIds": ["subnet-a", "subnet-b"],
        "SecurityGroupIds": [{"Fn::GetAtt": [made.only("AWS::EKS::Cluster")[0], "ClusterSecurityGroupId"]}],
    }


def test_in_subnets_the_handler_can_have_groups_of_its_own() -> None:
    stack = new_stack()
    vpc = known_vpc(stack)
    AwsNodeRemoval(
        stack,
        "Removal",
        cluster=plain_cluster(stack, vpc),
        handler_subnets=vpc.private_subnets[:1],
        handler_security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Own", "sg-own")],
    )

    assert handler(Synthesized(stack))["VpcConfig"] == {
        "SubnetIds": ["subnet-a"],
        "SecurityGroupIds": ["sg-own"],
    }


def test_other_daemon_sets_widen_the_role_by_exactly_their_names() -> None:
    stack = new_stack()
    names = ("aws-node", "kube-proxy")
    AwsNodeRemoval(
        stack,
        "Removal",
        cluster=plain_cluster(stack, known_vpc(stack)),
        daemon_sets=names,
        repeat_on={"A": "1"},
    )
    made = Synthesized(stack)

    assert rbac(made)[0]["rules"][0]["resourceNames"] == list(names)
    assert json.loads(made.only(REMOVAL)[1]["DaemonSets"]) == list(names)
    assert made.only(REMOVAL)[1]["RepeatOn"] == {"A": "1"}


def made(*, imported: bool = False, **kwargs: Any) -> Synthesized:
    """A removal by itself, on a cluster of this app or on an imported one."""
    stack = new_stack()
    vpc = known_vpc(stack)
    cluster = imported_cluster(stack, vpc) if imported else plain_cluster(stack, vpc)
    AwsNodeRemoval(stack, "Removal", cluster=cluster, **kwargs)
    return Synthesized(stack)


def rights(removal: Synthesized) -> dict[str, list[tuple[str, str, tuple[str, ...]]]]:
    """What may be done, by kind of role: verbs, resource and names."""
    manifests = json.loads(flat(removal.only("Custom::AWSCDK-EKS-KubernetesResource")[1]["Manifest"]))
    return {
        manifest["kind"]: [
            (" ".join(rule["verbs"]), *rule["resources"], tuple(rule.get("resourceNames", ())))
            for rule in manifest["rules"]
        ]
        for manifest in manifests
        if "rules" in manifest
    }


def choices(removal: Synthesized) -> dict[str, str]:
    names = ("Strategy", "RefuseNodes", "RemoveExtras", "ManagedAddon")
    return {name: value for name, value in removal.only(REMOVAL)[1].items() if name in names}


def test_on_a_cluster_of_this_app_it_may_get_and_delete_one_daemon_set(outside: Synthesized) -> None:
    assert rights(outside) == {"Role": [("get delete", "daemonsets", ("aws-node",))]}
    assert choices(outside) == {}


def test_a_patch_may_not_delete() -> None:
    patch = made(strategy="patch")
    assert rights(patch) == {"Role": [("get patch", "daemonsets", ("aws-node",))]}
    assert choices(patch) == {"Strategy": "patch"}


def test_a_switch_changes_nothing_but_the_resource_and_its_rights(outside: Synthesized) -> None:
    before, after = outside.template["Resources"], made(strategy="patch").template["Resources"]
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {after[name]["Type"] for name in changed} == {
        REMOVAL,
        "Custom::AWSCDK-EKS-KubernetesResource",
    }
    assert len(changed) == 2


def test_on_an_imported_cluster_it_refuses_running_nodes_and_may_list_them() -> None:
    removal = made(imported=True)
    assert choices(removal) == {"RefuseNodes": "true"}
    assert rights(removal) == {
        "Role": [("get delete", "daemonsets", ("aws-node",))],
        "ClusterRole": [("list", "nodes", ())],
    }


@pytest.mark.parametrize(
    ("imported", "arguments", "refuses"),
    [
        (False, {}, False),
        (True, {"options": AwsNodeOptions(allow_nodes=True)}, False),
        (False, {"options": AwsNodeOptions(allow_nodes=False)}, True),
        (True, {"strategy": "patch"}, False),
    ],
)
def test_a_removal_looks_at_nodes_only_where_it_refuses_them(
    imported: bool, arguments: dict[str, Any], refuses: bool
) -> None:
    removal = made(imported=imported, **arguments)
    assert ("RefuseNodes" in choices(removal)) is refuses
    assert ("ClusterRole" in rights(removal)) is refuses


def test_extras_widen_the_rights_by_exactly_their_names() -> None:
    removal = made(options=AwsNodeOptions(extras=True))
    assert choices(removal) == {"RemoveExtras": "true"}
    assert rights(removal) == {
        "Role": [
            ("get delete", "daemonsets", ("aws-node",)),
            ("get delete", "serviceaccounts", ("aws-node",)),
            ("get delete", "configmaps", ("amazon-vpc-cni",)),
        ],
        "ClusterRole": [
            ("get delete", "clusterroles", ("aws-node",)),
            ("get delete", "clusterrolebindings", ("aws-node",)),
            ("get delete", "customresourcedefinitions", ("eniconfigs.crd.k8s.amazonaws.com",)),
        ],
    }


def test_every_binding_is_of_the_group_to_the_role_of_its_own_kind() -> None:
    removal = made(options=AwsNodeOptions(extras=True))
    (group,) = removal.only("AWS::EKS::AccessEntry", "Removal")[1]["KubernetesGroups"]
    manifests = json.loads(flat(removal.only("Custom::AWSCDK-EKS-KubernetesResource")[1]["Manifest"]))
    bindings = [manifest for manifest in manifests if "roleRef" in manifest]
    assert [binding["roleRef"]["kind"] for binding in bindings] == ["Role", "ClusterRole"]
    assert {binding["metadata"].get("namespace") for binding in bindings} == {"kube-system", None}
    assert {subject["name"] for binding in bindings for subject in binding["subjects"]} == {group}
    assert {binding["roleRef"]["name"] for binding in bindings} == {m["metadata"]["name"] for m in manifests}


def test_the_add_on_is_deletable_by_a_policy_for_it_alone_that_outlives_the_resource() -> None:
    removal = made(imported=True, options=AwsNodeOptions(remove_addon=True))
    name, policy = removal.only("AWS::IAM::Policy", "AddonPolicy")
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert choices(removal) == {"ManagedAddon": "true", "RefuseNodes": "true"}
    assert statement["Action"] == ["eks:DescribeAddon", "eks:DeleteAddon"]
    assert flat(statement["Resource"]) == (
        "arn:<AWS::Partition>:eks:<AWS::Region>:<AWS::AccountId>:addon/old/vpc-cni/*"
    )
    assert waits_for(dependency_graph(removal.template), removal.only(REMOVAL)[0], name)


def test_without_an_add_on_the_role_calls_no_api(outside: Synthesized) -> None:
    assert not [name for name in outside.of_type("AWS::IAM::Policy") if "AddonPolicy" in name]


def test_options_for_a_removal_alone_are_refused_for_a_patch() -> None:
    with pytest.raises(InputError) as refused:
        made(strategy="patch", options=AwsNodeOptions(extras=True, remove_addon=True))

    assert [str(problem) for problem in refused.value.problems] == [
        "Stack/Removal: options.extras: needs the strategy 'remove': it would leave a patched DaemonSet "
        "without its rights, got True; choose 'remove', or leave the option out",
        "Stack/Removal: options.remove_addon: needs the strategy 'remove': it deletes what a patch must "
        "keep, got True; choose 'remove', or leave the option out",
    ]


@pytest.mark.parametrize("allowed", [True, False])
def test_allow_nodes_is_refused_for_a_patch_which_does_not_look_at_nodes(allowed: bool) -> None:
    with pytest.raises(InputError) as refused:
        made(strategy="patch", options=AwsNodeOptions(allow_nodes=allowed))

    assert [str(problem) for problem in refused.value.problems] == [
        "Stack/Removal: options.allow_nodes: needs the strategy 'remove': it has no effect on a patch, "
        f"which does not look at nodes, got {allowed}; choose 'remove', or leave the option out"
    ]
