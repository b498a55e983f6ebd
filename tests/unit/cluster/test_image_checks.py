"""Which clusters and node subnets are refused, and in which words."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks

from cdk_eks_cilium.cluster.image_checks import cluster_problems, node_subnet_problems
from tests.small_apps import imported_cluster, known_vpc, new_stack, plain_cluster


def of_own(aws_node: str = "remove", **kwargs: Any) -> list[str]:
    stack = new_stack()
    cluster = plain_cluster(stack, known_vpc(stack), **kwargs)
    return [str(problem) for problem in cluster_problems("Here", cluster, aws_node)]


def of_imported(aws_node: str = "remove", *, handler_in_vpc: bool = True, **kwargs: Any) -> list[str]:
    stack = new_stack()
    cluster = imported_cluster(stack, known_vpc(stack), **kwargs)
    found = cluster_problems("Here", cluster, aws_node, handler_in_vpc=handler_in_vpc)
    return [str(problem) for problem in found]


def test_a_plain_cluster_fits() -> None:
    assert of_own() == []


def test_a_patch_needs_of_a_cluster_what_a_removal_needs() -> None:
    missing: dict[str, Any] = {"cluster_certificate_authority_data": None, "cluster_security_group_id": None}
    assert of_own("patch") == []
    assert of_imported("patch", **missing) == of_imported("remove", **missing) != []
    assert of_own("patch", bootstrap_self_managed_addons=False) != []


def test_an_auto_mode_cluster_is_refused() -> None:
    assert of_own(default_capacity_type=None, default_capacity=None) == [
        "Here: an Auto Mode cluster has a CNI of its own that Cilium cannot replace; "
        "make the cluster with default_capacity_type=eks.DefaultCapacityType.NODEGROUP"
    ]


def test_a_default_node_group_is_refused() -> None:
    assert of_own(default_capacity=2) == [
        "Here: the cluster's default node group would start before Cilium, with aws-node or without a CNI; "
        "make the cluster with default_capacity=0 and its nodes with Cilium.add_node_group()"
    ]


def test_removing_what_was_never_installed_is_refused() -> None:
    assert of_own(bootstrap_self_managed_addons=False) == [
        "Here: aws_node: 'never-install' is needed for a cluster made with "
        "bootstrap_self_managed_addons=False, got 'remove'; make the two agree when you make the cluster, "
        "which fixes them"
    ]


def test_never_installing_what_eks_installs_is_refused() -> None:
    assert of_own("never-install") == [
        "Here: aws_node: 'never-install' needs a cluster made with bootstrap_self_managed_addons=False, got "
        "'never-install'; make the two agree when you make the cluster, which fixes them"
    ]


def test_a_cluster_without_a_kubectl_provider_is_refused() -> None:
    assert of_own(kubectl_provider_options=None) == [
        "Here: cluster: must have a kubectl provider: manifests and the release go through it; "
        "make it with kubectl_provider_options, or import it with kubectl_provider"
    ]


def test_everything_wrong_with_a_cluster_is_reported_at_once() -> None:
    assert len(of_own("never-install", kubectl_provider_options=None, default_capacity=1)) == 3


def test_an_imported_cluster_with_every_attribute_fits() -> None:
    assert of_imported() == []


@pytest.mark.parametrize(
    ("missing", "reason"),
    [
        ("vpc", "nodes and pods live in it"),
        ("open_id_connect_provider", "the operator's role trusts it"),
        ("cluster_endpoint", "the removal of aws-node and the agents call it"),
        ("cluster_certificate_authority_data", "the removal of aws-node verifies the API with it"),
        ("cluster_security_group_id", "the removal of aws-node runs in it"),
    ],
)
def test_missing_attributes_of_an_imported_cluster_are_named(missing: str, reason: str) -> None:
    without: dict[str, Any] = {missing: None}

    assert of_imported(**without) == [
        f"Here: cluster: an imported cluster must know its {missing}: {reason}; "
        f"pass {missing} to eks.Cluster.from_cluster_attributes()"
    ]


def test_a_handler_outside_the_vpc_needs_no_security_group() -> None:
    assert of_imported(handler_in_vpc=False, cluster_security_group_id=None) == []


def test_without_a_removal_its_needs_are_not_asked_for() -> None:
    missing: dict[str, Any] = {"cluster_certificate_authority_data": None, "cluster_security_group_id": None}

    assert of_imported("never-install", **missing) == []


def subnets(*zones: str) -> list[ec2.ISubnet]:
    stack = new_stack()
    return [
        ec2.Subnet.from_subnet_attributes(stack, f"S{n}", subnet_id=f"subnet-{n}", availability_zone=zone)
        for n, zone in enumerate(zones)
    ]


def test_nodes_in_the_zones_of_the_pods_fit() -> None:
    assert node_subnet_problems("Here", subnets("a", "b", "a"), ["a", "b", "c"]) == []


def test_each_zone_without_a_pod_subnet_is_named_once() -> None:
    assert [str(problem) for problem in node_subnet_problems("Here", subnets("a", "d", "c", "d"), ["a"])] == [
        "Here: node_subnets: must lie in zones with a pod subnet (a), where pods find addresses, got "
        f"'{zone}'; add the zone to the pod subnets, or leave the subnet out"
        for zone in ("c", "d")
    ]


def test_zones_that_only_the_deployment_knows_are_taken_on_trust() -> None:
    stack = new_stack()
    unknown = ec2.Subnet.from_subnet_id(stack, "Subnet", "subnet-1")

    assert node_subnet_problems("Here", [unknown], ["a"]) == []
    assert node_subnet_problems("Here", subnets("a"), stack.availability_zones) == []


def test_an_empty_list_of_subnets_for_nodes_is_refused() -> None:
    assert [str(problem) for problem in node_subnet_problems("Here", [], ["a"])] == [
        "Here: node_subnets: must not be empty, and the VPC has no private subnets to use instead; pass the "
        "subnets of the nodes"
    ]


def test_with_pod_identity_an_imported_cluster_needs_no_oidc_provider() -> None:
    stack = new_stack()
    cluster = imported_cluster(stack, known_vpc(stack), open_id_connect_provider=None)

    def problems(identity: str) -> int:
        return len(cluster_problems("Here", cluster, "remove", operator_identity=identity))

    assert (problems("irsa"), problems("pod-identity")) == (1, 0)


def test_a_handler_outside_the_vpc_of_a_private_cluster_is_refused() -> None:
    stack = new_stack()
    cluster = plain_cluster(stack, known_vpc(stack), endpoint_access=eks.EndpointAccess.PRIVATE)

    assert [str(each) for each in cluster_problems("Here", cluster, "remove", handler_in_vpc=False)] == [
        "Here: handler_subnets: must not be empty for a cluster without a public endpoint, which its handler "
        "could not reach; leave them out for the node subnets, or open the public endpoint"
    ]
    assert cluster_problems("Here", cluster, "remove") == []


def test_a_handler_outside_the_vpc_reaches_a_public_endpoint() -> None:
    stack = new_stack()
    cluster = plain_cluster(stack, known_vpc(stack))

    assert cluster_problems("Here", cluster, "remove", handler_in_vpc=False) == []


def limited(*cidrs: str) -> eks.Cluster:
    stack = new_stack()
    access = eks.EndpointAccess.PUBLIC_AND_PRIVATE.only_from(*cidrs)
    return plain_cluster(stack, known_vpc(stack), endpoint_access=access)


def test_a_handler_outside_the_vpc_is_refused_where_the_public_endpoint_admits_few() -> None:
    cluster = limited("198.51.100.0/24", "203.0.113.7/32")

    assert [str(each) for each in cluster_problems("Here", cluster, "remove", handler_in_vpc=False)] == [
        "Here: handler_subnets: must not be empty where the public endpoint admits some addresses only, not "
        "its handler's, got '198.51.100.0/24, 203.0.113.7/32'; leave them out for the node subnets, or open "
        "the public endpoint"
    ]
    assert cluster_problems("Here", cluster, "remove") == []


@pytest.mark.parametrize(
    "cidr", ["0.0.0.0/0", cdk.Fn.import_value("office")], ids=["everybody", "known to the deployment alone"]
)
def test_a_handler_outside_the_vpc_may_be_among_those_that_the_endpoint_admits(cidr: str) -> None:
    assert cluster_problems("Here", limited("198.51.100.0/24", cidr), "remove", handler_in_vpc=False) == []


def test_where_nothing_is_removed_there_is_no_handler_to_place() -> None:
    stack = new_stack()
    cluster = plain_cluster(
        stack,
        known_vpc(stack),
        endpoint_access=eks.EndpointAccess.PRIVATE,
        bootstrap_self_managed_addons=False,
    )

    assert cluster_problems("Here", cluster, "never-install", handler_in_vpc=False) == []


def test_zones_that_are_yet_to_be_looked_up_are_taken_on_trust() -> None:
    assert node_subnet_problems("Here", subnets("dummy1a"), ["a"]) == []
    assert node_subnet_problems("Here", subnets("a"), ["dummy1a"]) == []
