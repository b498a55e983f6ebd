"""The access policies of EKS."""

from __future__ import annotations

from typing import get_args

from cdk_eks_cilium.nodes import ACCESS_POLICIES, Role


def test_every_role_that_settings_take_has_an_access_policy() -> None:
    assert list(ACCESS_POLICIES) == list(get_args(Role))
