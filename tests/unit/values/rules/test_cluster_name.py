from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.values import derive_cluster_name
from cdk_eks_cilium.values.rules.cluster_name import cluster_name_problems

eks_names = st.from_regex(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", fullmatch=True)


@given(eks_names)
def test_every_eks_name_gives_a_name_that_cilium_takes(name: str) -> None:
    derived = derive_cluster_name(name)
    assert list(cluster_name_problems("", derived)) == []
    assert re.fullmatch(r"[a-z0-9-]{1,32}", derived)
    assert derived == derive_cluster_name(name)


@given(st.sets(eks_names, min_size=2, max_size=2))
def test_two_eks_names_do_not_meet_in_one(names: set[str]) -> None:
    one, other = names
    assert derive_cluster_name(one) != derive_cluster_name(other)


@pytest.mark.parametrize("name", ["demo", "a", "prod-eu-west-1", "0", "a" * 32])
def test_a_name_that_fits_is_kept(name: str) -> None:
    assert derive_cluster_name(name) == name


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("Demo", "demo-"),
        ("my_cluster", "my-cluster-"),
        ("default", "default-"),
        ("trailing-", "trailing-"),
        ("a" * 33, "a" * 25 + "-"),
    ],
)
def test_a_name_that_does_not_fit_gets_a_hash(name: str, beginning: str) -> None:
    assert re.fullmatch(re.escape(beginning) + "[0-9a-f]{6}", derive_cluster_name(name))


def test_names_that_differ_in_case_alone_stay_apart() -> None:
    assert derive_cluster_name("Demo") != derive_cluster_name("DEMO")


@pytest.mark.parametrize("name", ["${Token[TOKEN.12]}", "eks-${Token[AWS.Region.3]}", ""])
def test_a_name_only_the_deployment_knows_is_refused(name: str) -> None:
    with pytest.raises(
        InputError, match="cannot be derived from a name that only the deployment knows"
    ) as caught:
        derive_cluster_name(name)
    assert "pass Cilium's cluster name yourself" in str(caught.value)


def test_default_is_not_a_valid_name() -> None:
    (problem,) = cluster_name_problems("cilium.cluster_name", "default")
    assert str(problem) == (
        "cilium.cluster_name: must not be 'default': the name tags the network interfaces, and the "
        "operator's permissions are bound to that tag; give the cluster a name of its own"
    )


@pytest.mark.parametrize("name", ["Demo", "a_b", "-a", "a-", "", "a" * 33, "a.b"])
def test_a_name_cilium_does_not_take_is_refused(name: str) -> None:
    (problem,) = cluster_name_problems("cilium.cluster_name", name)
    assert "must be 1 to 32 characters of a-z, 0-9 and -" in str(problem)
    assert str(problem).endswith("use derive_cluster_name(the EKS name)")


def test_a_token_is_not_checked() -> None:
    assert list(cluster_name_problems("cilium.cluster_name", "${Token[TOKEN.7]}")) == []
