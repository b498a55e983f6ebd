from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.values import CiliumValues, Egress, Encryption, Eni, Hubble, Operator
from tests.charts.matrix import CASES
from tests.unit.values.refusals import refusal


def test_the_defaults_are_the_node_s_address_hubble_and_prefixes() -> None:
    values = CiliumValues()
    assert values.egress == Egress.node("eth0")
    assert values.hubble == Hubble(relay=True, ui=True)
    assert (values.kube_proxy_replacement, values.encryption) == (False, None)
    assert values.eni == Eni(prefix_delegation=True, first_interface_index=1, release_excess_ips=True)
    assert values.operator == Operator(replicas=2)
    assert (values.profile, values.overrides) == ("standard", {})


def test_node_egress_takes_the_name_of_the_interface() -> None:
    assert Egress.node("ens5").interface == "ens5"


def test_node_egress_without_a_name_is_eth0_however_it_is_written() -> None:
    assert Egress.model_validate({"kind": "node"}) == Egress.model_validate("node") == Egress.node()


def test_pod_egress_has_no_interface() -> None:
    assert Egress.pod().interface is None
    assert Egress.model_validate("pod") == Egress.pod()


@pytest.mark.parametrize("name", ["eth+", "ens+", "eth*", "+"])
def test_a_wildcard_interface_is_refused_because_pods_lose_their_identity(name: str) -> None:
    text = refusal(Egress.node, name)
    assert "a wildcard also matches the interfaces of the pods" in text
    assert "https://github.com/cilium/cilium/issues/39515" in text
    assert "use egress 'pod'" in text


@pytest.mark.parametrize("name", ["eth0 ens5", "eth0,ens5", ["eth0"], "", " eth0", "a" * 16, 5])
def test_an_interface_that_is_not_one_name_is_refused(name: Any) -> None:
    text = refusal(Egress.node, name)
    assert text.startswith("must be one exact interface name, not a list")
    assert "secondary CIDR" in text


def test_a_wildcard_among_several_names_is_refused_too() -> None:
    assert "a wildcard also matches" in refusal(Egress.node, "eth0 ens+")


def test_an_interface_for_pod_egress_is_refused() -> None:
    text = refusal(Egress.model_validate, {"kind": "pod", "interface": "eth0"})
    assert text == (
        "egress 'pod' translates no address and has no interface; "
        "leave the interface out, or use egress 'node'"
    )


def test_an_unknown_kind_of_egress_is_refused() -> None:
    assert "'node' or 'pod'" in refusal(Egress.model_validate, "nat")


def test_the_ui_without_the_relay_is_refused() -> None:
    text = refusal(Hubble, relay=False)
    assert text.endswith("; set relay to true, or ui to false")


def test_hubble_can_be_without_both() -> None:
    assert not Hubble(relay=False, ui=False).relay


def test_a_refusal_keeps_rule_and_fix_apart_for_reports() -> None:
    with pytest.raises(InputError) as caught:
        Hubble(relay=False)
    (problem,) = caught.value.problems
    assert problem.where == "Hubble"
    assert problem.fix == "set relay to true, or ui to false"
    assert problem.rule.startswith("the Hubble UI reads from the relay")


@pytest.mark.parametrize("model", [CiliumValues, Hubble, Encryption])
def test_an_unknown_name_is_refused(model: Any) -> None:
    assert refusal(model, hubbel=True).startswith(f"is not a field of {model.__name__}; ")


@pytest.mark.parametrize(("section", "name"), [(Eni, "first_interface_index"), (Operator, "replicas")])
def test_counts_start_at_one(section: Any, name: str) -> None:
    assert refusal(section, **{name: 0}) == "must be at least 1"


@pytest.mark.parametrize(
    ("section", "name", "value", "rule"),
    [
        (CiliumValues, "kube_proxy_replacement", "strict", "must be true or false"),
        (Eni, "prefix_delegation", "yes", "must be true or false; leave the quotes out"),
        (Operator, "replicas", True, "must be a whole number"),
    ],
)
def test_a_value_of_another_type_is_not_converted(section: Any, name: str, value: Any, rule: str) -> None:
    assert refusal(section, **{name: value}) == rule


@pytest.mark.parametrize(("given", "text"), [refused for case in CASES for refused in case.refused])
def test_what_is_out_of_bounds_is_refused(given: dict[str, Any], text: str) -> None:
    assert refusal(CiliumValues, **given) == text


def test_values_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError, match="Instance is frozen"):
        CiliumValues().profile = "article"  # type: ignore[misc]


def test_overrides_are_a_copy_of_what_was_given() -> None:
    given: dict[str, Any] = {"bpf": {"mapDynamicSizeRatio": 0.005}}
    values = CiliumValues(overrides=given)
    given["bpf"]["mapDynamicSizeRatio"] = 1
    assert values.overrides == {"bpf": {"mapDynamicSizeRatio": 0.005}}


def test_a_null_override_is_kept_because_it_unsets_a_default() -> None:
    assert CiliumValues(overrides={"envoy": None}).overrides == {"envoy": None}


@pytest.mark.parametrize("bad", [object(), {1, 2}, float("nan"), {1: "a"}, (1, 2)])
def test_overrides_that_json_cannot_hold_are_refused(bad: Any) -> None:
    assert refusal(CiliumValues, overrides={"a": bad}).startswith("must hold only what JSON can")
