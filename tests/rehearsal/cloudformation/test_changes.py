from __future__ import annotations

import pytest

from rehearsal.cloudformation.changes import UpdateEffect, effect


@pytest.mark.parametrize(
    ("type_name", "old", "new", "expected"),
    [
        ("AWS::EC2::Subnet", {"CidrBlock": "a"}, {"CidrBlock": "a"}, UpdateEffect.NONE),
        ("AWS::EC2::Subnet", {"CidrBlock": "a"}, {"CidrBlock": "b"}, UpdateEffect.REPLACE),
        ("AWS::EC2::Subnet", {"Tags": []}, {"Tags": [1]}, UpdateEffect.IN_PLACE),
        (
            "AWS::EKS::Nodegroup",
            {"ScalingConfig": {"MinSize": 1}},
            {"ScalingConfig": {"MinSize": 2}},
            UpdateEffect.IN_PLACE,
        ),
        ("AWS::EKS::Nodegroup", {"AmiType": "A"}, {"AmiType": "B"}, UpdateEffect.REPLACE),
        ("AWS::EKS::Cluster", {"BootstrapSelfManagedAddons": True}, {}, UpdateEffect.REPLACE),
        (
            "AWS::EKS::Cluster",
            {"KubernetesNetworkConfig": {"IpFamily": "ipv4"}},
            {"KubernetesNetworkConfig": {"IpFamily": "ipv6"}},
            UpdateEffect.REPLACE,
        ),
        ("Custom::Thing", {"Any": 1}, {"Any": 2}, UpdateEffect.IN_PLACE),
    ],
)
def test_the_schema_of_the_type_decides(
    type_name: str, old: object, new: object, expected: UpdateEffect
) -> None:
    assert effect(type_name, old, new) is expected  # type: ignore[arg-type]
