"""Edge cases of the checks of interfaces, prefixes and what agents know of them."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.doctor.checks.addresses.interfaces_attached import interfaces_attached
from cdk_eks_cilium.doctor.checks.addresses.interfaces_in_pod_subnets import interfaces_in_pod_subnets
from cdk_eks_cilium.doctor.checks.addresses.ipam_ready_for_1_21 import ipam_ready_for_1_21
from cdk_eks_cilium.doctor.checks.addresses.no_interfaces_of_aws_node import no_interfaces_of_aws_node
from cdk_eks_cilium.doctor.checks.addresses.nodes_get_prefixes import nodes_get_prefixes
from cdk_eks_cilium.doctor.checks.addresses.nodes_have_addresses import nodes_have_addresses
from cdk_eks_cilium.doctor.checks.addresses.pod_subnet_of_each_zone import pod_subnet_of_each_zone
from cdk_eks_cilium.doctor.checks.addresses.prefixes_known_to_agents import prefixes_known_to_agents
from cdk_eks_cilium.doctor.engine import aws_kinds, kinds
from cdk_eks_cilium.doctor.engine.diagnosis import Verdict
from tests.unit.doctor.checks.judging import judged, summaries
from tests.unit.doctor.facts import NODES
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.mutations.addresses import (
    cilium_node,
    ec2_interface,
    interface,
    loose_interfaces,
    new_ipam,
    set_option,
)
from tests.unit.doctor.mutations.nodes import FIRST
from tests.unit.doctor.world import World, thing

AWS = (aws_kinds.SUBNETS, aws_kinds.INTERFACES, aws_kinds.NODE_GROUPS, aws_kinds.INSTANCE_TYPES)


def without_aws() -> World:
    world = healthy()
    world.unread |= dict.fromkeys(AWS, "no credentials")
    return world


def test_other_ways_to_give_addresses_are_left_alone() -> None:
    world = healthy()
    set_option(world, "ipam", "cluster-pool")
    checks = (
        interfaces_in_pod_subnets,
        no_interfaces_of_aws_node,
        nodes_get_prefixes,
        nodes_have_addresses,
        pod_subnet_of_each_zone,
        prefixes_known_to_agents,
        ipam_ready_for_1_21,
    )
    for each in checks:
        assert judged(each, world).verdict is Verdict.SKIPPED, each.id


# interfaces-in-pod-subnets


def test_cilium_nodes_are_enough_to_judge_interfaces() -> None:
    world = without_aws()
    assert judged(interfaces_in_pod_subnets, world).verdict is Verdict.OK
    interface(world)["subnet"]["id"] = "subnet-na"
    assert summaries(judged(interfaces_in_pod_subnets, world)) == [
        f"error: 1 interface of pods outside the pod subnets, on {FIRST}"
    ]


def test_subnets_are_known_from_tags_where_no_id_is_named() -> None:
    world = healthy()
    set_option(world, "eni-subnet-ids", None)
    for each in world.all(kinds.CILIUM_NODES):
        del each["spec"]["eni"]["subnet-ids"]
        each["spec"]["eni"]["subnet-tags"] = {"cilium.io/pods": "true"}
    for name in ("subnet-pa", "subnet-pb"):
        world.one(aws_kinds.SUBNETS, name)["Tags"] = [{"Key": "cilium.io/pods", "Value": "true"}]
    assert judged(interfaces_in_pod_subnets, world).detail == "3 interfaces in 2 subnets"


def test_subnets_that_nothing_tells_are_unknown() -> None:
    world = without_aws()
    set_option(world, "eni-subnet-ids", None)
    world.planned(pod_subnets=None)
    for each in world.all(kinds.CILIUM_NODES):
        del each["spec"]["eni"]["subnet-ids"]
    assert judged(interfaces_in_pod_subnets, world).verdict is Verdict.UNKNOWN
    assert judged(pod_subnet_of_each_zone, world).verdict is Verdict.UNKNOWN


def test_an_excluded_interface_may_be_anywhere() -> None:
    world = healthy()
    found = cilium_node(world)
    found["spec"]["eni"]["exclude-interface-tags"] = {"purpose": "storage"}
    found["status"]["eni"]["enis"]["eni-storage"] = {
        "id": "eni-storage",
        "ip": "10.0.1.70",
        "number": 2,
        "tags": {"purpose": "storage", "owner": "team"},
        "subnet": {"id": "subnet-na"},
    }
    assert judged(interfaces_in_pod_subnets, world).verdict is Verdict.OK


def test_an_interface_of_efa_is_not_of_pods() -> None:
    world = healthy()
    found = {
        "NetworkInterfaceId": "eni-efa",
        "SubnetId": "subnet-na",
        "InterfaceType": "efa",
        "Attachment": {"InstanceId": "i-0", "DeviceIndex": 2},
    }
    world.add(aws_kinds.INTERFACES, found)
    assert judged(interfaces_in_pod_subnets, world).verdict is Verdict.OK


# interfaces-attached


def test_a_few_interfaces_may_be_on_their_way() -> None:
    world = healthy()
    loose_interfaces(world, 5)
    assert judged(interfaces_attached, world).detail == "5 not attached"


def test_interfaces_of_another_cluster_are_not_ours() -> None:
    world = healthy()
    loose_interfaces(world, 50, "another")
    assert judged(interfaces_attached, world).detail == "0 not attached"


def test_collection_that_is_off_is_part_of_the_evidence() -> None:
    world = healthy()
    loose_interfaces(world, 6)
    set_option(world, "eni-gc-interval", "0s")
    assert judged(interfaces_attached, world).findings[0].evidence[-1].field == "eni-gc-interval"
    set_option(world, "eni-gc-interval", "10m0s")
    assert judged(interfaces_attached, world).findings[0].evidence[-1].field == "Status"


# no-interfaces-of-aws-node


def test_where_aws_node_still_runs_its_own_check_tells() -> None:
    world = healthy()
    world.add(
        kinds.DAEMON_SETS, thing(kinds.DAEMON_SETS, "aws-node", "kube-system", status={"numberReady": 1})
    )
    interface(world, name="eni-n0")["addresses"] = ["10.0.1.60"]
    assert judged(no_interfaces_of_aws_node, world).verdict is Verdict.SKIPPED


def test_secondary_addresses_of_the_first_interface_do_no_harm_without_prefixes() -> None:
    world = healthy()
    interface(world, name="eni-n0")["addresses"] = ["10.0.1.60"]
    set_option(world, "aws-enable-prefix-delegation", "false")
    assert judged(no_interfaces_of_aws_node, world).verdict is Verdict.OK


def test_prefixes_and_the_own_address_of_the_first_interface_do_no_harm() -> None:
    world = healthy()
    first = interface(world, name="eni-n0")
    first["addresses"] = [first["ip"]]
    other = interface(world, 1, "eni-n1")
    other |= {"prefixes": ["10.0.1.64/28"], "addresses": ["10.0.1.64", "10.0.1.65"]}
    assert judged(no_interfaces_of_aws_node, world).verdict is Verdict.OK


# nodes-get-prefixes


def test_a_node_with_prefixes_and_a_later_interface_without_has_fallen_back() -> None:
    world = healthy()
    cilium_node(world)["status"]["eni"]["enis"]["eni-late"] = {
        "id": "eni-late",
        "ip": "100.64.1.1",
        "number": 2,
        "addresses": ["100.64.1.2", "100.64.1.3"],
        "subnet": {"id": "subnet-pa"},
    }
    result = judged(nodes_get_prefixes, world)
    assert result.findings[0].evidence[0].field == "status.eni.enis[eni-late].prefixes"
    assert result.findings[0].fault == "prefixes-fall-back-stays"


@pytest.mark.parametrize("why", ["the option", "the node", "the type", "aws-node"])
def test_nodes_that_should_have_single_addresses_are_left_alone(why: str) -> None:
    world = healthy()
    interface(world)["prefixes"] = []
    if why == "the option":
        set_option(world, "aws-enable-prefix-delegation", "false")
    elif why == "the node":
        cilium_node(world)["spec"]["eni"]["disable-prefix-delegation"] = True
    elif why == "the type":
        cilium_node(world)["spec"]["eni"]["instance-type"] = "m4.large"
    else:
        interface(world, name="eni-n0")["addresses"] = ["10.0.1.60"]
    assert not judged(nodes_get_prefixes, world).findings


# prefixes-known-to-agents


def test_single_addresses_beside_prefixes_must_be_known_too() -> None:
    world = healthy()
    interface(world)["addresses"].append("100.64.2.2")
    (finding,) = judged(prefixes_known_to_agents, world).findings
    assert finding.evidence[0].seen == "without 100.64.2.2"


def test_an_agent_of_1_19_that_uses_all_it_knows_is_an_error() -> None:
    world = healthy()
    interface(world)["addresses"].append("100.64.2.2")
    found = cilium_node(world)
    found["status"]["ipam"]["used"] = {address: {} for address in found["spec"]["ipam"]["pool"]}
    assert judged(prefixes_known_to_agents, world).verdict is Verdict.ERROR


def test_agents_of_1_20_that_know_their_prefixes_are_fine() -> None:
    world = healthy()
    new_ipam(world)
    assert judged(prefixes_known_to_agents, world).detail == "3 nodes"
    assert judged(ipam_ready_for_1_21, world).detail == "3 nodes"


def test_a_demand_that_an_agent_left_behind_when_it_went_back_to_1_19_does_not_count() -> None:
    # https://github.com/cilium/cilium/pull/45124
    world = healthy()
    found = cilium_node(world)
    found["spec"]["ipam"]["pools"] = {"requested": [{"pool": "default", "needed": {"ipv4-addrs": 40}}]}
    assert judged(prefixes_known_to_agents, world).verdict is Verdict.OK


def test_a_node_without_interfaces_is_the_business_of_another_check() -> None:
    world = healthy()
    cilium_node(world)["status"]["eni"] = {}
    assert judged(prefixes_known_to_agents, world).verdict is Verdict.OK
    assert judged(nodes_have_addresses, world).verdict is Verdict.ERROR


def test_agents_of_the_old_way_are_an_error_from_1_21() -> None:
    world = healthy()
    image = "quay.io/cilium/cilium:v1.21.0"
    world.one(kinds.DAEMON_SETS, "cilium")["spec"]["template"]["spec"]["containers"][0]["image"] = image
    assert judged(ipam_ready_for_1_21, world).verdict is Verdict.ERROR


# nodes-have-addresses


def test_a_young_node_may_wait_for_addresses() -> None:
    world = healthy()
    cilium_node(world)["status"]["eni"] = {}
    cilium_node(world)["metadata"]["creationTimestamp"] = "2026-11-30T11:57:00Z"
    assert judged(nodes_have_addresses, world).verdict is Verdict.OK


def test_a_cilium_node_of_a_node_that_is_gone_is_the_business_of_another_check() -> None:
    world = healthy()
    cilium_node(world)["status"]["eni"] = {}
    world.remove(kinds.NODES, FIRST)
    assert judged(nodes_have_addresses, world).detail == "2 nodes"


def test_a_filter_of_subnets_is_part_of_the_evidence() -> None:
    world = healthy()
    del cilium_node(world)["status"]["eni"]["enis"]["eni-a1"]
    set_option(world, "subnet-tags-filter", "cilium.io/pods=true")
    (finding,) = judged(nodes_have_addresses, world).findings
    assert finding.evidence[0].seen == "1 interface, none of index 1 or more"
    assert finding.evidence[1].field == "subnet-tags-filter"
    assert "These filters are for other purposes" in finding.fix


# pod-subnet-of-each-zone


def test_interfaces_tell_the_zones_of_subnets_without_credentials() -> None:
    world = without_aws()
    assert judged(pod_subnet_of_each_zone, world).verdict is Verdict.OK
    zone = "eu-west-1c"
    third = NODES[2][0]
    world.one(kinds.NODES, third)["metadata"]["labels"]["topology.kubernetes.io/zone"] = zone
    cilium_node(world, 2)["spec"]["eni"]["availability-zone"] = zone
    interface(world, 2)["subnet"]["id"] = "subnet-nc"
    assert judged(pod_subnet_of_each_zone, world).verdict is Verdict.ERROR
    cilium_node(world, 2)["status"]["eni"] = {}
    assert judged(pod_subnet_of_each_zone, world).unknown == (
        f"whether {zone} has a pod subnet: nothing but EC2 tells its zone",
    )


def test_an_interface_of_a_zone_without_a_pod_subnet_is_told_of_once() -> None:
    world = healthy()
    world.one(kinds.NODES, NODES[2][0])["metadata"]["labels"]["topology.kubernetes.io/zone"] = "eu-west-1c"
    cilium_node(world, 2)["spec"]["eni"]["availability-zone"] = "eu-west-1c"
    interface(world, 2)["subnet"]["id"] = "subnet-nc"
    ec2_interface(world, NODES[2][5])["SubnetId"] = "subnet-nc"
    assert not judged(interfaces_in_pod_subnets, world).findings
    assert judged(pod_subnet_of_each_zone, world).findings
