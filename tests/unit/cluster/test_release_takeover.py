from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks
from aws_cdk.assertions import Match, Template

from cdk_eks_cilium.cluster.release_takeover import ReleaseTakeover, takeover_rights
from cdk_eks_cilium.versions import CiliumVersion
from tests.small_apps import known_vpc, new_stack, plain_cluster

TYPE = "Custom::CiliumReleaseTakeover"
VERSION = CiliumVersion.of("1.19.6")


@pytest.fixture
def stack() -> cdk.Stack:
    return new_stack()


@pytest.fixture
def cluster(stack: cdk.Stack) -> eks.Cluster:
    return plain_cluster(stack, known_vpc(stack))


def properties(stack: cdk.Stack) -> dict[str, Any]:
    (found,) = Template.from_stack(stack).find_resources(TYPE).values()
    given: dict[str, Any] = found["Properties"]
    return given


def fingerprint(name: str, *inputs: str) -> dict[str, Any]:
    stack = new_stack(name)
    role = cdk.CfnResource(stack, "Role", type="AWS::IAM::Role")
    texts = [text.replace("ROLE", role.get_att("Arn").to_string()) for text in inputs]
    cluster = plain_cluster(stack, known_vpc(stack))
    ReleaseTakeover(stack, "Takeover", cluster=cluster, inputs=texts, version=VERSION)
    given = properties(stack)
    return {name: given[name] for name in ("Values", "References")}


@pytest.mark.parametrize("allowed", [True, False])
def test_the_function_knows_whether_a_minor_may_be_skipped(
    stack: cdk.Stack, cluster: eks.Cluster, allowed: bool
) -> None:
    ReleaseTakeover(
        stack, "Takeover", cluster=cluster, inputs=["{}"], version=VERSION, allow_minor_skip=allowed
    )
    given = properties(stack)
    assert given["CiliumVersion"] == "1.19.6"
    assert given.get("MinorSkipAllowed") == ("true" if allowed else None)


def test_the_function_knows_the_release_and_its_objects(stack: cdk.Stack, cluster: eks.Cluster) -> None:
    ReleaseTakeover(stack, "Takeover", cluster=cluster, inputs=["{}"], version=VERSION)
    given = properties(stack)
    assert (given["Release"], given["Namespace"]) == ("cilium", "kube-system")
    assert "apps/v1/daemonsets" in given["Types"]
    assert "rbac.authorization.k8s.io/v1/clusterroles" in given["ClusterTypes"]
    assert {"v1/configmaps/cilium-config", "v1/secrets/cilium-ca"} <= set(given["Named"])


def test_the_resource_changes_with_the_inputs() -> None:
    assert fingerprint("A", "1.19.6", '{"a":1}') != fingerprint("A", "1.19.6", '{"a":2}')
    assert fingerprint("A", "1.19.6", '{"a":1}') != fingerprint("A", "1.18.0", '{"a":1}')


def test_equal_inputs_are_the_same_resource_in_every_synthesis() -> None:
    # The second app has more tokens before it, so CDK spells its own differently.
    first = fingerprint("A", '{"role":"ROLE"}')
    assert fingerprint("A", '{"role":"ROLE"}') == first
    assert first["References"] == [{"Fn::GetAtt": ["Role", "Arn"]}]


def test_a_value_that_only_the_deployment_knows_changes_the_resource_too() -> None:
    assert fingerprint("A", '{"role":"ROLE"}')["References"] != fingerprint("A", '{"role":"x"}')["References"]


def test_its_permissions_come_before_the_resource(stack: cdk.Stack, cluster: eks.Cluster) -> None:
    takeover = ReleaseTakeover(stack, "Takeover", cluster=cluster, inputs=["{}"], version=VERSION)
    template = Template.from_stack(stack)
    (resource,) = template.find_resources(TYPE).values()
    rbac = stack.get_logical_id(takeover.rights.node.find_child("Resource").node.default_child)  # type: ignore[arg-type]
    (entry,) = (
        name
        for name, found in template.find_resources("AWS::EKS::AccessEntry").items()
        if found["Properties"].get("KubernetesGroups")
    )
    assert {rbac, entry} <= set(resource["DependsOn"])


def test_the_function_has_no_rights_in_aws(stack: cdk.Stack, cluster: eks.Cluster) -> None:
    takeover = ReleaseTakeover(stack, "Takeover", cluster=cluster, inputs=["{}"], version=VERSION)
    role = stack.get_logical_id(takeover.role.node.default_child)  # type: ignore[arg-type]
    policies = Template.from_stack(stack).find_resources(
        "AWS::IAM::Policy", {"Properties": {"Roles": [{"Ref": role}]}}
    )
    assert policies == {}


def test_secrets_cannot_be_listed_and_only_the_charts_can_be_read() -> None:
    rules = [rule for manifest in takeover_rights("n", "g") for rule in manifest.get("rules", ())]
    (secrets,) = (rule for rule in rules if "secrets" in rule["resources"])
    assert secrets["verbs"] == ["get", "patch"]
    assert "hubble-server-certs" in secrets["resourceNames"]


def test_nothing_can_be_made_or_deleted_and_only_the_charts_roles_can_be_raised() -> None:
    rules = [rule for manifest in takeover_rights("n", "g") for rule in manifest.get("rules", ())]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "patch", "bind", "escalate"}
    (raising,) = (rule for rule in rules if "escalate" in rule["verbs"])
    assert "cilium-operator" in raising["resourceNames"]
    assert "cluster-admin" not in raising["resourceNames"]


def test_the_attribute_says_what_was_taken_back(stack: cdk.Stack, cluster: eks.Cluster) -> None:
    takeover = ReleaseTakeover(stack, "Takeover", cluster=cluster, inputs=["{}"], version=VERSION)
    cdk.CfnOutput(stack, "Said", value=takeover.taken_back)
    Template.from_stack(stack).has_output(
        "Said", {"Value": {"Fn::GetAtt": [Match.string_like_regexp("^Takeover"), "TakenBack"]}}
    )
