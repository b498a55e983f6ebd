"""Which charts are rendered, for what, and by which Helm."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from cdk_eks_cilium.values import CiliumValues, References, derive_cluster_name, helm_values
from cdk_eks_cilium.versions import CiliumVersion
from tests.charts.rendered import Rendered
from tests.releases import ARTICLE, NEWEST

#: The newest chart of each minor, and the one of the article.
NUMBERS = [ARTICLE, *NEWEST]
ROLE = "arn:aws:iam::123456789012:role/demo-cilium"
REFS = References(
    cluster_name=derive_cluster_name("Demo_of_a_cluster_with_a_name_too_long_for_Cilium"),
    operator_role_arn=ROLE,
    subnet_ids=("subnet-a", "subnet-b"),
    api_server_host="ABC.gr7.eu-west-1.eks.amazonaws.com",
)

Render = Callable[..., Rendered]

every_version = pytest.mark.parametrize("number", NUMBERS)
both_helms = pytest.mark.parametrize("helm", [3, 4], ids=["helm3", "helm4"])


def charts_or_skip() -> None:
    """Skip the calling module where charts are missing: it is not even parametrized then."""
    if not os.environ.get("CILIUM_CHARTS"):
        pytest.skip(
            "CILIUM_CHARTS names no folder with Cilium's charts, packaged as cilium-VERSION.tgz",
            allow_module_level=True,
        )


def values_for(number: str, values: CiliumValues | None = None) -> dict[str, Any]:
    return helm_values(values or CiliumValues(), CiliumVersion.of(number), REFS)
