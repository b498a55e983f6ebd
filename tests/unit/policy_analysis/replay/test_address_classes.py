from __future__ import annotations

import pytest

from cdk_eks_cilium.policy import load_policies, read_text
from cdk_eks_cilium.policy_analysis import Inventory
from cdk_eks_cilium.policy_analysis.flows import Conversation, Party
from cdk_eks_cilium.policy_analysis.replay.address_classes import AddressClasses
from cdk_eks_cilium.policy_analysis.workloads import CidrGroup

POLICY = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {}
  ingress:
  - fromCIDRSet: [{cidr: 203.0.113.0/24, except: [203.0.113.128/25]}, {cidr: "2001:db8::/32"}]
  - fromCIDR: [198.51.100.7/32]
"""


def stand_in(*addresses: str, inventory: Inventory | None = None) -> list[str]:
    classes = AddressClasses(load_policies(read_text(POLICY, "x")), inventory or Inventory())
    pod = Party("pod", "shop/api", "shop")
    found = [classes.stand_in(Conversation(Party("world", each), pod, "TCP", 80)) for each in addresses]
    return [one.source.name for one in found]


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        (["192.0.2.1", "192.0.2.9", "10.0.0.1"], ["192.0.2.1"] * 3),
        (["203.0.113.1", "203.0.113.127"], ["203.0.113.1"] * 2),
        (["203.0.113.1", "203.0.113.128"], ["203.0.113.1", "203.0.113.128"]),
        (["198.51.100.7", "198.51.100.8"], ["198.51.100.7", "198.51.100.8"]),
        (["2001:db8::1", "2001:db8::2", "2001:db9::1"], ["2001:db8::1", "2001:db8::1", "2001:db9::1"]),
        (["192.0.2.1", "2001:db9::1"], ["192.0.2.1", "2001:db9::1"]),
    ],
)
def test_addresses_in_the_same_ranges_are_one(addresses: list[str], expected: list[str]) -> None:
    assert stand_in(*addresses) == expected


def test_ranges_of_groups_tell_addresses_apart() -> None:
    group = Inventory(cidr_groups=(CidrGroup("offices", ("192.0.2.0/30",)),))
    assert stand_in("192.0.2.1", "192.0.2.9", inventory=group) == ["192.0.2.1", "192.0.2.9"]


def test_names_of_addresses_stay() -> None:
    classes = AddressClasses(load_policies(read_text(POLICY, "x")), Inventory())
    pod = Party("pod", "shop/api", "shop")
    first = Conversation(pod, Party("world", "192.0.2.1"), "TCP", 80)
    other = Conversation(pod, Party("world", "192.0.2.2", names=("a.example",)), "TCP", 80)
    assert classes.stand_in(first) is first
    assert classes.stand_in(other).destination == Party("world", "192.0.2.1", names=("a.example",))
