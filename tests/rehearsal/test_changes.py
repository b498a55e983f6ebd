from __future__ import annotations

import pytest

from rehearsal.changes import Change, change


@pytest.mark.parametrize(
    ("type_name", "old", "new", "expected"),
    [
        ("AWS::EC2::Subnet", {"CidrBlock": "a"}, {"CidrBlock": "a"}, Change.NONE),
        ("AWS::EC2::Subnet", {"CidrBlock": "a"}, {"CidrBlock": "b"}, Change.REPLACE),
        ("AWS::EC2::Subnet", {"Tags": []}, {"Tags": [1]}, Change.IN_PLACE),
        (
            "AWS::EKS::Nodegroup",
            {"ScalingConfig": {"MinSize": 1}},
            {"ScalingConfig": {"MinSize": 2}},
            Change.IN_PLACE,
        ),
        ("AWS::EKS::Nodegroup", {"AmiType": "A"}, {"AmiType": "B"}, Change.REPLACE),
        ("AWS::EKS::Cluster", {"BootstrapSelfManagedAddons": True}, {}, Change.REPLACE),
        (
            "AWS::EKS::Cluster",
            {"KubernetesNetworkConfig": {"IpFamily": "ipv4"}},
            {"KubernetesNetworkConfig": {"IpFamily": "ipv6"}},
            Change.REPLACE,
        ),
        ("Custom::Thing", {"Any": 1}, {"Any": 2}, Change.IN_PLACE),
    ],
)
def test_the_schema_of_the_type_decides(type_name: str, old: object, new: object, expected: Change) -> None:
    assert change(type_name, old, new) is expected  # type: ignore[arg-type]
