"""The wait for the kubectl role's authorization."""

from __future__ import annotations

import aws_cdk as cdk

from cdk_eks_cilium import ApiReady
from tests.small_apps import Synthesized, known_vpc, new_stack, plain_cluster

VALUE = "Custom::AWSCDK-EKS-KubernetesObjectValue"


def test_it_reads_what_needs_authorization_for_ten_minutes() -> None:
    stack = new_stack()
    ApiReady(stack, "Ready", cluster=plain_cluster(stack, known_vpc(stack)))
    _, value = Synthesized(stack).only(VALUE)

    assert (value["ObjectType"], value["ObjectName"]) == ("namespace", "kube-system")
    assert value["JsonPath"] == ".metadata.uid"
    assert value["TimeoutSeconds"] == 600


def test_how_long_it_asks_can_be_chosen() -> None:
    stack = new_stack()
    cluster = plain_cluster(stack, known_vpc(stack))
    ApiReady(stack, "Ready", cluster=cluster, timeout=cdk.Duration.minutes(3))

    assert Synthesized(stack).only(VALUE)[1]["TimeoutSeconds"] == 180


def test_cloudformation_waits_longer_for_it_than_its_handler_may_run() -> None:
    stack = new_stack()
    ApiReady(stack, "Ready", cluster=plain_cluster(stack, known_vpc(stack)))
    made = Synthesized(stack)
    handlers = made.of_type("AWS::Lambda::Function").values()

    assert made.only(VALUE)[1]["ServiceTimeout"] > max(handler["Timeout"] for handler in handlers)
