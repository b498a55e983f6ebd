from __future__ import annotations

import pytest

from cdk_eks_cilium.values import References


@pytest.fixture
def refs() -> References:
    return References(
        cluster_name="demo",
        operator_role_arn="arn:aws:iam::123456789012:role/demo-cilium",
        subnet_ids=("subnet-a", "subnet-b"),
        api_server_host="ABC.gr7.eu-west-1.eks.amazonaws.com",
    )
