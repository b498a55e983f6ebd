"""Rules over node groups."""

from __future__ import annotations

from cdk_eks_cilium.settings import parse
from tests.unit.settings.refusals import groups, refusal


def test_node_groups_must_have_different_names() -> None:
    assert refusal({"node_groups": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}) == [
        "node_groups[2].name: must be unique, and node_groups[0] has it too, got 'a'"
    ]


def test_sizes_are_in_order() -> None:
    assert refusal(groups({"min_size": 7}, {"desired_size": 1}, {"desired_size": 7})) == [
        "node_groups[0].min_size: must be from 0 to max_size, which is 6, got 7; lower it or raise max_size",
        "node_groups[1].desired_size: must be from min_size to max_size, 2 to 6, got 1; "
        "leave it out to start with min_size",
        "node_groups[2].desired_size: must be from min_size to max_size, 2 to 6, got 7; "
        "leave it out to start with min_size",
    ]


def test_at_least_one_node_must_start() -> None:
    assert refusal(groups({"min_size": 0, "desired_size": 0})) == [
        "node_groups: must start at least one node, since the deploy waits until CoreDNS runs; "
        "set the desired_size of a group to 1 or more, or leave it out"
    ]
    parse(groups({"min_size": 0, "desired_size": 0}, {}))


def test_an_unknown_instance_type_is_refused() -> None:
    (message,) = refusal(groups({"instance_types": ["m6i.larg"]}))
    assert message.startswith("node_groups[0].instance_types: must be a known instance type, got 'm6i.larg'")


def test_an_instance_type_without_prefixes_is_refused() -> None:
    (message,) = refusal(groups({}, {"instance_types": ["m4.large"]}))
    assert message.startswith("node_groups[1].instance_types: must run on the Nitro hypervisor")


def test_an_instance_type_with_one_interface_is_refused() -> None:
    (message,) = refusal(groups({"instance_types": ["hpc6id.32xlarge"]}))
    assert message.startswith("node_groups[0].instance_types: must hold more than 1 network interfaces")


def test_an_instance_type_for_a_handful_of_pods_is_refused() -> None:
    assert refusal(groups({"instance_types": ["t3.nano"]})) == [
        "node_groups[0].instance_types: must hold 20 pods or more, and this type holds 15, got 't3.nano'; "
        "choose a larger type, such as 't3.medium'"
    ]
    parse(groups({"instance_types": ["t3.small"]}))


def test_a_limit_of_addresses_that_leaves_a_handful_of_pods_is_refused() -> None:
    two = groups({"instance_types": ["m6i.large"]}, {"instance_types": ["t3.small", "m6i.8xlarge"]})
    assert refusal({**two, "cilium": {"ipam": {"max_allocate": 10}}}) == [
        "cilium.ipam.max_allocate: must let a node hold 20 pods or more, and with it 'm6i.large' holds "
        "15, got 10; raise it to 21 or more, or leave it out"
    ]
    parse({**two, "cilium": {"ipam": {"max_allocate": 21}}})


def test_a_limit_of_addresses_is_not_blamed_for_a_type_that_is_too_small_anyway() -> None:
    small = groups({"instance_types": ["t3.nano"]})
    assert refusal({**small, "cilium": {"ipam": {"max_allocate": 10}}}) == refusal(small)


def test_a_limit_of_single_addresses_counts_those_of_the_ingress_controller() -> None:
    ingress = {"kube_proxy_replacement": True, "ingress_controller": {}}
    cilium = {"eni": {"prefix_delegation": False}, **ingress}
    large = groups({"instance_types": ["m6i.8xlarge"]})
    (message,) = refusal({**large, "cilium": {**cilium, "ipam": {"max_allocate": 13}}})
    assert message.endswith("'m6i.8xlarge' holds 11, got 13; raise it to 14 or more, or leave it out")
    parse({**large, "cilium": {**cilium, "ipam": {"max_allocate": 14}}})


def test_a_group_has_one_architecture() -> None:
    (message,) = refusal(groups({"instance_types": ["m6i.large", "m6g.large"]}))
    assert message.startswith("node_groups[0].instance_types: must all have the same architecture")


def test_bare_metal_waits_for_cilium_1_18() -> None:
    metal = groups({"instance_types": ["m6i.metal"]})
    parse(metal)
    parse({**metal, "cilium": {"version": "1.18.0"}})
    assert refusal({**metal, "cilium": {"version": "1.17.18"}})[0].startswith(
        "node_groups[0].instance_types: "
    )


def test_al2_is_for_the_article_alone() -> None:
    assert refusal(groups({"image": "al2"})) == [
        "node_groups[0].image: must be 'bottlerocket' or 'al2023' except in profile 'article', since "
        "AWS ended AL2 on 2025-11-26, got 'al2'"
    ]


def test_al2_ends_with_kubernetes_1_32() -> None:
    article = {"cilium": {"profile": "article", "version": "1.12.1"}, **groups({"image": "al2"})}
    assert refusal(article) == [
        "node_groups[0].image: must be 'bottlerocket' or 'al2023' with Kubernetes 1.35, "
        "since AWS made AL2 images only up to 1.32, got 'al2'; use kubernetes_version '1.32', or "
        "another image"
    ]
    parse({**article, "kubernetes_version": "1.32"})


def test_bottlerocket_names_its_interface_itself() -> None:
    assert refusal(groups({"primary_interface": "ens5"})) == [
        "node_groups[0].primary_interface: must be 'eth0' with image 'bottlerocket', "
        "which has this name on every type, got 'ens5'; leave it out"
    ]
    parse(groups({"primary_interface": "eth0"}))


def test_al2023_needs_its_interface_named_to_leave_by_the_node() -> None:
    assert refusal(groups({"image": "al2023"})) == [
        "node_groups[0].primary_interface: must be given with image 'al2023' and egress 'node', since "
        "it depends on the instance type; look it up on such a node ('ip -brief link', often ens5), "
        "or use image 'bottlerocket', or egress 'pod'"
    ]
    parse(groups({"image": "al2023", "primary_interface": "ens5"}))
    parse({**groups({"image": "al2023"}), "cilium": {"egress": "pod"}})


def test_images_are_not_mixed_to_leave_by_the_node() -> None:
    mixed = groups({}, {"image": "al2023", "primary_interface": "ens5"})
    assert refusal(mixed) == [
        "node_groups: must all have the same name for their primary interface with egress 'node', since "
        "Cilium takes one name for the whole cluster, got {'group-0': 'eth0', 'group-1': 'ens5'}; "
        "use image 'bottlerocket' in all groups, or egress 'pod'"
    ]
    parse({**mixed, "cilium": {"egress": "pod"}})
