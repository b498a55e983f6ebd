from __future__ import annotations

import aws_cdk as cdk

from cdk_eks_cilium.cluster.cluster_facts import eks_name, stack_kubernetes_version, stack_service_cidr
from tests.small_apps import imported_cluster, known_vpc, new_stack, plain_cluster


def test_a_name_is_text_where_the_app_gives_it() -> None:
    stack = new_stack()
    assert eks_name(plain_cluster(stack, known_vpc(stack))) == "shop"

    stack = new_stack()
    parameter = cdk.CfnParameter(stack, "Name").value_as_string
    assert cdk.Token.is_unresolved(eks_name(plain_cluster(stack, known_vpc(stack), cluster_name=parameter)))


def test_only_a_cluster_of_this_app_tells_its_version() -> None:
    stack = new_stack()
    assert stack_kubernetes_version(plain_cluster(stack, known_vpc(stack))) == "1.35"

    stack = new_stack()
    assert stack_kubernetes_version(imported_cluster(stack, known_vpc(stack))) is None


def test_only_a_cluster_that_names_its_range_of_services_tells_it() -> None:
    stack = new_stack()
    assert stack_service_cidr(plain_cluster(stack, known_vpc(stack))) is None

    stack = new_stack()
    named = plain_cluster(stack, known_vpc(stack), service_ipv4_cidr="10.96.0.0/16")
    assert stack_service_cidr(named) == "10.96.0.0/16"
