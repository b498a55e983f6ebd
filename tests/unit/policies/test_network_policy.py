from __future__ import annotations

import base64
import json
import random
import zlib
from typing import Any, cast

import aws_cdk as cdk
import pytest

from cdk_eks_cilium import (
    CiliumCluster,
    CiliumValues,
    CiliumVersion,
    ClusterwideNetworkPolicy,
    Egress,
    InputError,
    NetworkPolicy,
    Peer,
    Port,
    Tenant,
    policy,
)
from cdk_eks_cilium.policies.network_policy import name_of
from cdk_eks_cilium.policies.policy_set import PolicySets
from cdk_eks_cilium.policy.packing import EVENT_LIMIT
from tests.small_apps import known_vpc, new_stack


@pytest.fixture
def platform() -> CiliumCluster:
    stack = new_stack()
    return CiliumCluster(stack, "Platform", vpc=known_vpc(stack))


def sets(platform: CiliumCluster) -> dict[str, dict[str, Any]]:
    """The properties of the sets by namespace, with their policies unpacked."""
    app = cast(cdk.App, platform.node.root)
    (template,) = [stack.template for stack in app.synth().stacks]
    found = {}
    for resource in template["Resources"].values():
        if resource["Type"] == "Custom::CiliumPolicySet":
            properties = resource["Properties"]
            raw = zlib.decompress(base64.b64decode(properties["Bundle"]))
            found[properties.get("Namespace", "")] = {**properties, "policies": json.loads(raw)}
    return found


def refusals(platform: CiliumCluster) -> str:
    with pytest.raises(RuntimeError) as caught:
        sets(platform)
    return str(caught.value)


def test_what_verbs_say_after_the_policy_was_made_is_in_the_template(platform: CiliumCluster) -> None:
    runner = NetworkPolicy(
        platform, "GitlabRunner", cilium=platform.cilium, namespace="gitlab", pods={"app": "runner"}
    )
    runner.allow_dns().allow_to(Peer.fqdn("gitlab.com"), Port.tcp(443))
    (made,) = sets(platform)["gitlab"]["policies"]
    assert made["metadata"] == {"name": "gitlab-runner", "namespace": "gitlab"}
    assert made["spec"]["endpointSelector"] == {"matchLabels": {"app": "runner"}}
    assert [list(item) for item in made["spec"]["egress"]] == [
        ["toEndpoints", "toPorts"],
        ["toFQDNs", "toPorts"],
    ]
    assert runner.policy().manifest() == made
    assert "name: gitlab-runner" in runner.to_yaml()


def test_a_policy_that_was_read_does_not_change_with_later_verbs(platform: CiliumCluster) -> None:
    web = NetworkPolicy(platform, "Web", cilium=platform.cilium, namespace="shop").default_deny()
    before = web.policy()
    web.allow_dns()

    assert before.manifest()["spec"]["egress"] == [{}]
    assert web.policy_set.policies == (web.policy(),)
    assert web.policy() != before


def test_policies_of_a_namespace_are_one_resource_with_its_tenants(platform: CiliumCluster) -> None:
    NetworkPolicy(platform, "First", cilium=platform.cilium, namespace="shop").default_deny()
    tenant = Tenant(platform, "Shop", cilium=platform.cilium, namespace="shop")
    tenant.add_policy(policy.PolicyBuilder("other", namespace="shop").default_deny())
    NetworkPolicy(platform, "Elsewhere", cilium=platform.cilium, namespace="x").default_deny()
    names = {
        namespace: [each["metadata"]["name"] for each in found["policies"]]
        for namespace, found in sets(platform).items()
    }
    assert names == {"shop": ["first", "default-deny", "other"], "x": ["elsewhere"]}


def test_clusterwide_policies_are_a_set_of_their_own(platform: CiliumCluster) -> None:
    everywhere = ClusterwideNetworkPolicy(platform, "NoMetadata", cilium=platform.cilium)
    everywhere.deny_to(Peer.cidr("169.254.169.254/32")).keep_open()
    found = sets(platform)[""]
    assert "Namespace" not in found
    (made,) = found["policies"]
    assert made["kind"] == "CiliumClusterwideNetworkPolicy"
    assert everywhere.policy().manifest() == made
    assert "egressDeny" in everywhere.to_yaml()


def test_rights_for_clusterwide_policies_are_clusterwide(platform: CiliumCluster) -> None:
    ClusterwideNetworkPolicy(platform, "All", cilium=platform.cilium).default_deny()
    app = cast(cdk.App, platform.node.root)
    (template,) = [stack.template for stack in app.synth().stacks]
    texts = [
        resource["Properties"]["Manifest"]
        for resource in template["Resources"].values()
        if resource["Type"] == "Custom::AWSCDK-EKS-KubernetesResource"
    ]
    (rights,) = [json.loads(text) for text in texts if "ciliumclusterwidenetworkpolicies" in str(text)]
    assert [each["kind"] for each in rights] == ["ClusterRole", "ClusterRoleBinding"]
    assert rights[0]["rules"][0]["resources"] == ["ciliumclusterwidenetworkpolicies"]


def test_an_empty_policy_is_reported_at_synth(platform: CiliumCluster) -> None:
    NetworkPolicy(platform, "Empty", cilium=platform.cilium, namespace="shop")
    assert "NetworkPolicy shop/empty: must have a rule; call allow_to, allow_from" in refusals(platform)


def test_two_policies_of_one_name_are_reported_at_synth(platform: CiliumCluster) -> None:
    for id in ("One", "Two"):
        NetworkPolicy(platform, id, cilium=platform.cilium, namespace="shop", name="same").default_deny()
    assert "same: must have a unique name in its namespace; rename one of them" in refusals(platform)


def test_a_policy_in_the_set_of_another_namespace_is_reported_at_synth(platform: CiliumCluster) -> None:
    tenant = Tenant(platform, "Shop", cilium=platform.cilium, namespace="shop")
    tenant.add_policy(policy.PolicyBuilder("web", namespace="x").default_deny())
    assert "web: must be of namespace shop, got 'x'; add it to another set" in refusals(platform)


def test_an_option_of_the_agents_that_is_off_is_reported_at_synth() -> None:
    stack = new_stack()
    platform = CiliumCluster(stack, "Platform", vpc=known_vpc(stack))
    ClusterwideNetworkPolicy(platform, "Nodes", cilium=platform.cilium, nodes={}).allow_from(
        Peer.entity("cluster")
    )
    assert (
        "policy nodes: spec.nodeSelector: needs the agents' option enable-host-firewall, which is off, and "
        "the policy does nothing; set hostFirewall.enabled to true in the chart's values, or leave it out"
    ) in refusals(platform)


def test_an_option_of_the_agents_that_is_on_is_enough() -> None:
    stack = new_stack()
    platform = CiliumCluster(
        stack, "Platform", vpc=known_vpc(stack), values=CiliumValues(egress=Egress.node(), host_firewall=True)
    )
    ClusterwideNetworkPolicy(platform, "Nodes", cilium=platform.cilium, nodes={}).allow_from(
        Peer.entity("cluster")
    )
    assert len(sets(platform)[""]["policies"]) == 1


def test_a_field_that_the_release_does_not_know_is_reported_at_synth() -> None:
    stack = new_stack()
    old = CiliumCluster(
        stack, "Platform", vpc=known_vpc(stack), version=CiliumVersion.V1_15, kubernetes_version="1.32"
    )
    refused = NetworkPolicy(stack, "Old", cilium=old.cilium, namespace="shop")
    refused.deny_to(Peer.entity("world")).keep_open()
    assert "spec.enableDefaultDeny: needs Cilium 1.16, and this is for 1.15.19" in refusals(old)


def test_a_set_too_large_for_an_event_is_reported_at_synth(platform: CiliumCluster) -> None:
    chance = random.Random(1)
    for number in range(400):
        large = NetworkPolicy(platform, f"Policy{number}", cilium=platform.cilium, namespace="shop")
        for _ in range(12):
            # Random names do not pack.
            name = "".join(chance.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(40))
            large.allow_to(Peer.fqdn(f"{name}.example.com"), Port.tcp(443))
    assert f"must pack to {EVENT_LIMIT:,} characters, which Lambda takes in one event, got" in refusals(
        platform
    )


def test_an_invalid_name_or_label_is_refused_at_once(platform: CiliumCluster) -> None:
    with pytest.raises(InputError, match="shop/A_b: name: must be a valid Kubernetes name, got 'A_b'"):
        NetworkPolicy(platform, "X", cilium=platform.cilium, namespace="shop", name="A_b")


def test_pods_and_nodes_are_not_for_one_policy(platform: CiliumCluster) -> None:
    with pytest.raises(InputError, match="must be for pods or for nodes, got both; write one"):
        ClusterwideNetworkPolicy(platform, "X", cilium=platform.cilium, pods={}, nodes={})


@pytest.mark.parametrize(
    ("id", "name"),
    [("AllowGitlab", "allow-gitlab"), ("web", "web"), ("allow_dns", "allow-dns"), ("A1", "a1")],
)
def test_names_in_kubernetes_come_from_ids(id: str, name: str) -> None:
    assert name_of(id) == name


def test_each_stack_has_its_own_sets(platform: CiliumCluster) -> None:
    other = cdk.Stack(cast(cdk.App, platform.node.root), "Other")
    here = PolicySets.of(platform, platform.cilium)
    assert PolicySets.of(platform, platform.cilium) is here
    assert PolicySets.of(other, platform.cilium) is not here
