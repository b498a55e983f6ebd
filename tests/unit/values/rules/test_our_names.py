from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values.model.typed_fields import TYPED_FIELDS
from cdk_eks_cilium.values.rules.our_names import our_name
from cdk_eks_cilium.values.rules.override_rules import key_problems
from cdk_eks_cilium.versions import CiliumVersion


def fix(number: str, path: str) -> str:
    value: Any = True
    for name in reversed(path.split(".")):
        value = {name: value}
    (problem,) = key_problems(value, CiliumVersion.of(number), "o")
    return problem.fix


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("eni.preAllocate", "ipam.pre_allocate"),
        ("eni.minAllocate", "ipam.min_allocate"),
        ("eni.pre-allocate", "ipam.pre_allocate"),
        ("ipam.preAlocate", "ipam.pre_allocate"),
        ("eni.minAllocat", "ipam.min_allocate"),
        ("eni.securityGroups", "eni.security_group_ids"),
        ("eni.firstInterfaceIndex", "eni.first_interface_index"),
        ("awsEnablePrefixDelegation", "eni.prefix_delegation"),
        ("kube_proxy_replacement", "kube_proxy_replacement"),
        ("hubble.validityDays", "hubble.tls.validity_days"),
    ],
)
@pytest.mark.parametrize("number", ["1.18.12", "1.19.6"])
def test_a_key_that_means_a_typed_value_is_led_to_it(number: str, path: str, ours: str) -> None:
    assert fix(number, path) == f"it is the typed value {ours}: set it beside overrides, not in them"


@pytest.mark.parametrize(
    ("path", "near"),
    [("bpf.preallocateMap", "bpf.preallocateMaps"), ("loadBalancer.algoritm", "loadBalancer.algorithm")],
)
def test_a_misspelt_key_of_the_chart_is_led_to_the_chart_s(path: str, near: str) -> None:
    assert fix("1.19.6", path) == f"did you mean {near!r}?"


@pytest.mark.parametrize("path", ["mine.enabled", "mine.tags", "mine.resources", "enterprise"])
def test_a_name_that_many_sections_have_tells_nothing(path: str) -> None:
    assert our_name(path, CiliumVersion.V1_19) is None


def test_every_chart_value_of_a_field_means_the_field() -> None:
    keys = [(key, field.path) for field in TYPED_FIELDS for mark in field.marks for key in mark.keys.split()]
    assert {key: our_name(key, CiliumVersion.V1_20) for key, _ in keys} == dict(keys)


def test_a_typed_value_that_the_release_lacks_is_not_proposed() -> None:
    assert our_name("x.staticIpTags", CiliumVersion.V1_18) == "ipam.static_ip_tags"
    assert our_name("x.staticIpTags", CiliumVersion.V1_17) is None
