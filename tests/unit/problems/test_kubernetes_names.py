"""Which names and labels Kubernetes accepts."""

from __future__ import annotations

import pytest

from cdk_eks_cilium.problems.kubernetes_names import (
    is_dns_label,
    is_label_value,
    is_port_name,
    is_subdomain,
)


@pytest.mark.parametrize("name", ["a", "0", "kube-system", "a" * 63])
def test_a_dns_label_names_a_namespace_and_any_object(name: str) -> None:
    assert is_dns_label(name)
    assert is_subdomain(name)


@pytest.mark.parametrize("name", ["", "A", "-a", "a-", "a_b", "a\n", "é", "a" * 64])
def test_other_text_is_not_a_dns_label(name: str) -> None:
    assert not is_dns_label(name)


@pytest.mark.parametrize("name", ["a.b", "a-1.b", f"{'a' * 100}.{'b' * 152}"])
def test_labels_with_dots_between_them_are_a_subdomain_and_not_a_label(name: str) -> None:
    assert is_subdomain(name)
    assert not is_dns_label(name)


@pytest.mark.parametrize("name", ["", ".", "a..b", ".a", "a.", "a.-b", "a.b\n", f"{'a' * 100}.{'b' * 153}"])
def test_other_text_is_not_a_subdomain(name: str) -> None:
    assert not is_subdomain(name)


@pytest.mark.parametrize("value", ["", "a", "A_b.c-1", "a" * 63])
def test_the_value_of_a_label_may_be_empty_and_have_upper_case(value: str) -> None:
    assert is_label_value(value)


@pytest.mark.parametrize("value", ["-", "a-", ".a", "a b", "é", "a\n", "a" * 64])
def test_other_text_is_not_the_value_of_a_label(value: str) -> None:
    assert not is_label_value(value)


@pytest.mark.parametrize("name", ["a", "http", "h2c-8080", "0a", "a" * 15])
def test_a_port_has_a_short_name_with_a_letter(name: str) -> None:
    assert is_port_name(name)


@pytest.mark.parametrize("name", ["", "80", "HTTP", "a--b", "-a", "a-", "a_b", "é", "a\n", "a" * 16])
def test_other_text_is_not_the_name_of_a_port(name: str) -> None:
    assert not is_port_name(name)
