"""Rules over several settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import CiliumSettings, Settings, advise, check, parse
from tests.unit.settings.refusals import groups, refusal

ZONES = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
SUBNETS = {zone: f"subnet-0000000{index}" for index, zone in enumerate(ZONES)}
PUBLIC = {zone: f"subnet-1000000{index}" for index, zone in enumerate(ZONES)}
GATEWAYS = dict.fromkeys(ZONES, "nat-00000000")
ROLE = "arn:aws:iam::111122223333:role/jane"


def existing(**network: Any) -> dict[str, Any]:
    return {
        "network": {
            "vpc_id": "vpc-00000000",
            "vpc_cidr": "10.1.0.0/16",
            "private_subnet_ids": SUBNETS,
            **network,
        }
    }


def test_zones_lie_in_the_region() -> None:
    assert refusal({"region": "us-east-1"}) == [
        "network.availability_zones: must be zones of region 'us-east-1', "
        "got ['eu-west-1a', 'eu-west-1b', 'eu-west-1c']; "
        "name zones such as 'us-east-1a', or change the region"
    ]
    parse({"region": "us-east-1", "network": {"availability_zones": ["us-east-1a", "us-east-1f"]}})


def test_the_api_is_open_to_everyone_only_for_a_reason() -> None:
    assert refusal({"endpoint_access": {"public_cidrs": ["0.0.0.0/0"]}}) == [
        "endpoint_access.public_cidrs: must not open the Kubernetes API to the whole internet without a "
        "reason, got ['0.0.0.0/0']; "
        "name the ranges that people connect from, or explain in open_because why everyone needs access"
    ]
    parse({"endpoint_access": {"public_cidrs": ["0.0.0.0/0"], "open_because": "runners without addresses"}})


def test_a_reason_is_for_an_api_that_is_open() -> None:
    assert refusal({"endpoint_access": {"open_because": "runners without addresses"}}) == [
        "endpoint_access.open_because: must be left out unless public_cidrs has 0.0.0.0/0, "
        "got 'runners without addresses'"
    ]


@pytest.mark.parametrize("reason", ["", "because", "   because   ", "x" * 501])
def test_a_reason_must_be_long_enough(reason: str) -> None:
    (message,) = refusal({"endpoint_access": {"public_cidrs": ["0.0.0.0/0"], "open_because": reason}})
    assert message.startswith(
        "endpoint_access.open_because: must be a reason of 10 to 500 characters, in one line, got "
    )
    assert message.endswith("; name who needs it")


def test_a_new_vpc_has_room_for_its_subnets() -> None:
    (message,) = refusal({"network": {"vpc_cidr": "10.0.0.0/27"}})
    assert message.startswith("network.vpc_cidr: must have room for 6 subnets")


def test_the_pod_range_may_not_overlap_the_vpc() -> None:
    message = refusal({"network": {"vpc_cidr": "100.64.0.0/16"}})
    assert any(line.startswith("network.pod_cidr: must not overlap 100.64.0.0/16") for line in message)


def test_the_pod_range_is_one_that_aws_lets_into_the_vpc() -> None:
    (message,) = refusal({"network": {"pod_cidr": "192.168.0.0/16"}})
    assert message.startswith(
        "network.pod_cidr: must lie outside 192.168.0.0/16 in a VPC whose primary range is"
    )


def test_the_pod_range_may_not_overlap_what_the_vpc_has_already() -> None:
    (message,) = refusal(existing(associated_cidrs=["100.64.128.0/17"]))
    assert message.startswith("network.pod_cidr: must not overlap 100.64.128.0/17")


def test_the_range_of_services_may_not_overlap_the_vpc() -> None:
    vpc = {"network": {"vpc_cidr": "172.20.0.0/16"}}

    assert refusal(vpc) == [
        "service_cidr: must not overlap 172.20.0.0/16, a range of the VPC, got '172.20.0.0/16'; "
        "take '10.100.0.0/16'"
    ]
    parse({**vpc, "service_cidr": "10.100.0.0/16"})


def test_the_range_of_services_may_not_overlap_the_other_blocks_the_pods_or_peers() -> None:
    blocks = existing(associated_cidrs=["100.65.0.0/16", "10.101.0.0/24"])
    blocks["network"].update(pod_cidr="10.102.0.0/16", peer_cidrs=["10.103.0.0/24"])

    assert [line.partition(", got")[0] for line in refusal({**blocks, "service_cidr": "10.96.0.0/12"})] == [
        "service_cidr: must not overlap 10.101.0.0/24, a range of the VPC",
        "service_cidr: must not overlap 10.102.0.0/16, a range of the pods",
        "service_cidr: must not overlap 10.103.0.0/24, a range in network.peer_cidrs",
    ]


def test_premises_that_the_range_of_services_hides_are_refused_and_in_part_advised_of() -> None:
    def premises(cidr: str) -> dict[str, Any]:
        return {"network": {"on_premises": {"cidrs": [cidr], "transit_gateway_id": "tgw-0123456789abcdef0"}}}

    (message,) = refusal(premises("172.20.8.0/24"))
    (advice,) = [each for each in advise(parse(premises("172.16.0.0/12"))) if "service_cidr" in each]

    assert message.startswith(
        "service_cidr: must not overlap 172.20.8.0/24, a range in network.on_premises.cidrs, got "
    )
    assert advice == (
        "service_cidr: pods and nodes cannot reach the hosts of 172.16.0.0/12 whose addresses are in "
        "172.20.0.0/16, the range of Services"
    )


def test_every_node_has_room_for_a_prefix() -> None:
    assert refusal({"network": {"pod_cidr": "100.64.0.0/24"}, **groups({"max_size": 10})}) == [
        "network.pod_cidr: must hold 4 nodes at max_size in eu-west-1a, eu-west-1b and eu-west-1c: they need "
        "36 /28 blocks of 100.64.0.0/26, of which their interfaces may spoil 4, and it has 2, got "
        "['100.64.0.0/26', '100.64.0.64/26', '100.64.0.128/26']; take a /22 instead of /26 for each of these "
        "zones"
    ]
    parse({"network": {"pod_cidr": "100.64.0.0/20"}, **groups({"max_size": 10})})


def test_a_tight_plan_and_a_quota_that_is_too_small_are_warned_about() -> None:
    tight = advise(parse({"network": {"pod_cidr": "100.64.0.0/20"}, **groups({"max_size": 16})}))
    many = advise(parse({"network": {"further_pod_cidrs": [f"100.{n}.0.0/16" for n in range(65, 69)]}}))

    assert any(text.startswith("network.pod_cidr: ") for text in tight)
    assert [text for text in many if "IPv4 CIDR blocks per VPC" in text] == [
        "network: 6 of IPv4 CIDR blocks per VPC are used, and the default quota is 5; AWS raises it to at "
        "most 50: ask for more before the deploy "
        "(https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-vpcs-subnets)"
    ]


def test_an_unreadable_file_of_instance_facts_is_refused(tmp_path: Path) -> None:
    (message,) = refusal({"instance_facts": str(tmp_path / "nowhere.csv")})
    assert message.startswith("instance_facts: must be a readable file (no such file or directory), got ")


def test_types_of_the_file_of_facts_are_known(tmp_path: Path) -> None:
    file = tmp_path / "facts.csv"
    line = "z9.large,3,10,nitro,2,x86_64"
    file.write_text(
        f"# here, written 2026-11-25\nname,enis,ipv4_per_eni,hypervisor,vcpus,architecture\n{line}\n"
    )
    unknown = groups({"instance_types": ["z9.large"]})

    assert parse({**unknown, "instance_facts": str(file)}).node_groups[0].instance_types == ["z9.large"]
    assert any("must be a known instance type, got 'z9.large'" in message for message in refusal(unknown))


def test_a_pod_range_that_cannot_be_cut_is_too_small() -> None:
    (message,) = refusal({"network": {"pod_cidr": "100.64.0.0/28"}})
    assert message.startswith("network.pod_cidr: must have room for 3 subnets")


def test_a_vpc_has_at_most_one_nat_gateway_for_each_zone() -> None:
    assert refusal({"network": {"nat_gateways": 4}}) == [
        "network.nat_gateways: must be at most one for each of the 3 zones, got 4"
    ]
    parse({"network": {"nat_gateways": 3}})


def test_an_existing_vpc_is_described_in_full() -> None:
    settings = parse(
        {**existing(public_subnet_ids=PUBLIC, nat_gateway_ids=GATEWAYS), "cilium": {"egress": "pod"}}
    )
    assert settings.network.existing


def test_the_range_of_an_existing_vpc_is_not_guessed() -> None:
    data = existing()
    del data["network"]["vpc_cidr"]
    assert refusal(data) == [
        "network.vpc_cidr: must be given with vpc_id, since nothing is looked up in vpc-00000000; "
        "write the primary range of the VPC"
    ]


def test_an_existing_vpc_makes_no_nat_gateways() -> None:
    assert refusal(existing(nat_gateways=1)) == [
        "network.nat_gateways: must be left out with vpc_id, since an existing VPC has its own, got 1; "
        "name the gateways of the pods in nat_gateway_ids"
    ]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("private_subnet_ids", SUBNETS),
        ("public_subnet_ids", SUBNETS),
        ("nat_gateway_ids", GATEWAYS),
        ("associated_cidrs", ["10.1.0.0/16"]),
    ],
)
def test_ids_need_the_vpc_they_are_in(name: str, given: Any) -> None:
    assert refusal({"network": {name: given}}) == [
        f"network.{name}: must be left out without vpc_id, since it describes an existing VPC, "
        f"got {given!r}; name that VPC in vpc_id"
    ]


@pytest.mark.parametrize("name", ["private_subnet_ids", "public_subnet_ids", "nat_gateway_ids"])
def test_ids_are_given_for_each_zone_and_no_other(name: str) -> None:
    whole = GATEWAYS if name == "nat_gateway_ids" else PUBLIC
    given = {"eu-west-1a": whole["eu-west-1a"], "eu-west-1x": whole["eu-west-1b"]}
    egress = "pod" if name == "nat_gateway_ids" else "node"
    assert refusal({**existing(**{name: given}), "cilium": {"egress": egress}}) == [
        f"network.{name}: must have each zone of availability_zones, and lacks eu-west-1b, eu-west-1c, "
        f"got {given!r}; add the zone here, or leave it out of availability_zones",
        f"network.{name}: must have only zones of availability_zones, not eu-west-1x, got {given!r}; "
        "leave the zone out here, or add it to availability_zones",
    ]


def test_an_existing_vpc_needs_private_subnets() -> None:
    (message,) = refusal(existing(private_subnet_ids={}))
    assert message.startswith(
        "network.private_subnet_ids: must have each zone of availability_zones, and lacks eu-west-1a"
    )


def test_pods_with_their_own_address_need_nat_gateways() -> None:
    assert refusal({**existing(), "cilium": {"egress": "pod"}}) == [
        "network.nat_gateway_ids: must name a NAT gateway for each zone with vpc_id and egress 'pod', "
        "since pods leave through it; name them, or use egress 'node'"
    ]


def test_nat_gateways_are_for_pods_with_their_own_address() -> None:
    assert refusal(existing(nat_gateway_ids=GATEWAYS)) == [
        "network.nat_gateway_ids: must be left out unless the stack makes the pod subnets, with egress "
        f"'pod': it routes only these, got {GATEWAYS!r}; leave it out"
    ]


def test_a_type_with_too_few_addresses_is_answered_with_a_way_that_helps() -> None:
    few = {"cilium": {"eni": {"prefix_delegation": False}}, **groups({"instance_types": ["t3.medium"]})}
    assert refusal(few) == [
        "node_groups[0].instance_types: must hold 12 pods or more, and this type holds 9, got "
        "'t3.medium'; choose a larger type, or cilium.eni.prefix_delegation"
    ]


def test_a_subnet_is_named_once() -> None:
    assert refusal(existing(public_subnet_ids={**PUBLIC, "eu-west-1a": SUBNETS["eu-west-1a"]})) == [
        "network.private_subnet_ids: must name each subnet once, since a subnet is in one zone, "
        "got 'subnet-00000000'"
    ]


def test_a_principal_has_one_grant() -> None:
    assert refusal(
        {"access": [{"principal_arn": ROLE, "policy": policy} for policy in ("view", "edit")]}
    ) == [
        f"access[1].principal_arn: must be named once, and access[0] names it already, got '{ROLE}'; "
        "put all its permissions into one entry"
    ]


def test_a_cluster_admin_is_one_everywhere() -> None:
    grant = {"principal_arn": ROLE, "policy": "cluster-admin", "namespaces": ["shop"]}
    assert refusal({"access": [grant]}) == [
        "access[0].namespaces: must be empty with policy 'cluster-admin', which is for the whole cluster, "
        "got ['shop']; use policy 'admin' for namespaces"
    ]


def test_principals_are_in_the_partition_of_the_region() -> None:
    data = {
        "region": "us-gov-west-1",
        "network": {"availability_zones": ["us-gov-west-1a", "us-gov-west-1b"]},
        "access": [{"principal_arn": ROLE, "policy": "view"}],
    }
    assert refusal(data) == [
        "access[0].principal_arn: must be in partition 'aws-us-gov', as region 'us-gov-west-1' is, "
        f"got '{ROLE}'"
    ]
    data["access"] = [{"principal_arn": ROLE.replace("aws", "aws-us-gov", 1), "policy": "view"}]
    parse(data)


def test_the_hubble_ui_needs_the_relay() -> None:
    assert refusal({"cilium": {"hubble": {"relay": False}}}) == [
        "cilium.hubble: the Hubble UI reads from the relay, and Cilium's chart refuses one without the "
        "other; "
        "set relay to true, or ui to false"
    ]
    parse({"cilium": {"hubble": {"relay": False, "ui": False}}})


def test_what_the_library_owns_cannot_be_overridden() -> None:
    (message,) = refusal({"cilium": {"overrides": {"ipam": {"mode": "cluster-pool"}}}})
    assert message.startswith("cilium.overrides.ipam.mode: ")


def test_the_profile_of_the_article_is_for_its_cilium() -> None:
    (message,) = refusal({"cilium": {"profile": "article"}})
    assert message.startswith("cilium.profile: ")
    parse({"cilium": {"profile": "article", "version": "1.12.1"}})


def test_the_article_and_old_operators_lack_pod_identity() -> None:
    def identity(**cilium: Any) -> list[str]:
        return refusal({"cilium": {"operator_identity": "pod-identity", **cilium}})

    (message,) = identity(profile="article", version="1.12.1")
    assert message.startswith("cilium.operator_identity: must be 'irsa' in profile 'article'")
    (message,) = identity(version="1.15.19")
    assert message.startswith("cilium.operator_identity: 'pod-identity' needs Cilium 1.16")
    assert parse({"cilium": {"operator_identity": "pod-identity"}}).cilium.operator_identity == "pod-identity"


def test_the_profile_of_the_article_has_its_egress() -> None:
    (message,) = refusal({"cilium": {"profile": "article", "version": "1.12.1", "egress": "pod"}})
    assert message.startswith("cilium.egress: is fixed in profile 'article'")


def test_kubernetes_has_a_kubectl_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdk_eks_cilium.versions.kubectl_layer.is_installed", lambda module: False)
    (message,) = refusal({"kubernetes_version": "1.36"})
    assert message.endswith("got '1.36'; run: pip install aws-cdk.lambda-layer-kubectl-v36")


def test_settings_made_in_code_are_checked_too() -> None:
    good = Settings()
    assert check(good) is good
    with pytest.raises(InputError, match=r"cilium\.gateway_api: needs kube_proxy_replacement"):
        check(Settings(cilium=CiliumSettings(gateway_api=True)))


@pytest.mark.parametrize("strategy", ["remove", "patch", "never-install"])
def test_kube_proxy_can_be_replaced_however_aws_node_goes(strategy: str) -> None:
    assert parse({"aws_node": strategy, "cilium": {"kube_proxy_replacement": True}}).aws_node == strategy


def test_core_dns_of_a_cluster_made_without_it_must_not_be_isolated() -> None:
    always = {"aws_node": "never-install", "cilium": {"policy_enforcement": "always"}}
    (message,) = refusal(always)
    assert message.startswith("cilium.policy_enforcement: must not be 'always' with aws_node 'never-install'")
    assert parse({**always, "aws_node": "remove"}).cilium.policy_enforcement == "always"
