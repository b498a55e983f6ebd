"""Each section of the values judges itself: what its own fields must agree on."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values import (
    CiliumValues,
    Encryption,
    Eni,
    FlowExport,
    Hubble,
    HubbleTls,
    Ipam,
    Issuer,
    Resources,
    Toleration,
)
from tests.unit.values.refusals import refusal


def test_the_primary_address_is_refused_with_prefixes() -> None:
    assert refusal(Eni, use_primary_address=True) == (
        "the primary address of an interface is outside its prefixes, and max pods does not count it; set "
        "prefix_delegation to false, or leave use_primary_address out"
    )
    assert Eni(use_primary_address=True, prefix_delegation=False).use_primary_address


def test_an_interface_has_at_most_five_security_groups() -> None:
    assert "must list at most 5" in refusal(Eni, security_group_ids=[f"sg-{number}" for number in range(6)])


def test_the_least_stock_is_not_over_the_most() -> None:
    assert refusal(Ipam, min_allocate=9, max_allocate=8) == (
        "min_allocate (9) must not be over max_allocate (8); lower it or raise max_allocate"
    )
    assert Ipam(min_allocate=8, max_allocate=8).min_allocate == 8


def test_wireguard_needs_no_key() -> None:
    assert Encryption.wireguard() == Encryption()
    assert refusal(Encryption, secret_name="keys") == (
        "is for type 'ipsec': with WireGuard nodes make their own keys; leave secret_name out, or use "
        "Encryption.ipsec(secret_name)"
    )


def test_ipsec_names_the_secret_of_its_key() -> None:
    assert Encryption.ipsec().secret_name == "cilium-ipsec-keys"
    assert Encryption.ipsec("mine").secret_name == "mine"


@pytest.mark.parametrize(
    "key", ["3+ rfc4106(gcm(aes)) 0123456789abcdef0123456789abcdef01234567 128", "Keys", ""]
)
def test_a_key_is_not_taken_for_the_name_of_a_secret(key: str) -> None:
    assert refusal(Encryption.ipsec, key).startswith("must be the name of a Secret, not a key")


def test_ipsec_does_not_encrypt_what_nodes_send() -> None:
    text = refusal(Encryption, type="ipsec", node_encryption=True)
    assert text.startswith("is for type 'wireguard': IPsec encrypts the traffic of pods alone")


@pytest.mark.parametrize("text", ["wireguard", "ipsec"])
def test_encryption_may_be_written_as_its_type(text: str) -> None:
    values = CiliumValues.model_validate({"encryption": text})
    assert values.encryption == Encryption.model_validate({"type": text})


def test_tls_of_hubble_may_be_written_as_its_method() -> None:
    assert Hubble.model_validate({"tls": "helm"}).tls == HubbleTls(method="helm")


@pytest.mark.parametrize("given", [{"method": "certmanager"}, {"issuer": Issuer(name="ca")}])
def test_cert_manager_and_its_issuer_belong_together(given: Any) -> None:
    text = refusal(HubbleTls, **given)
    assert text == "method 'certmanager' and an issuer belong together; give both, or neither"


def test_a_metric_that_hubble_does_not_have_is_refused() -> None:
    text = refusal(Hubble, metrics=["dns", "drops"])
    assert text.startswith(
        "'drops' is not a collector of Hubble, and agents do not start with an unknown collector"
    )


def test_a_metric_is_named_once() -> None:
    text = refusal(Hubble, metrics=["dns:query", "dns:ignoreAAAA"])
    assert text.startswith("'dns' is named twice, and a collector runs once")


def test_both_http_metrics_are_refused() -> None:
    assert "'http' and 'httpV2' export the same metrics" in refusal(Hubble, metrics=["http", "httpV2"])


@pytest.mark.parametrize(
    "path", ["/var/log/flows", "/var/run/cilium/../flows", "events.log", "/var/run/cilium/"]
)
def test_flows_are_written_where_the_node_has_a_mount(path: str) -> None:
    assert refusal(FlowExport, file_path=path).startswith("must be a file below /var/run/cilium/")


@pytest.mark.parametrize("text", ["DROPPED", '["DROPPED"]', "{'verdict': ['DROPPED']}", ""])
@pytest.mark.parametrize("field", ["allow", "deny"])
def test_a_filter_of_flows_is_a_json_object(field: str, text: str) -> None:
    assert refusal(FlowExport, **{field: ('{"verdict":["DROPPED"]}', text)}).startswith(
        f"{text!r} is not a filter of flows, which is a JSON object"
    )


@pytest.mark.parametrize("quantity", ["100m", "0.5", "1", "512Mi", "1e3", "2Gi"])
def test_quantities_are_those_of_kubernetes(quantity: str) -> None:
    assert Resources(requests={"cpu": quantity}).requests == {"cpu": quantity}


@pytest.mark.parametrize("quantity", ["100 m", "half", "512MB", "", "-1"])
def test_other_quantities_are_refused(quantity: str) -> None:
    text = refusal(Resources, limits={"memory": quantity})
    assert text == f"memory must be a Kubernetes quantity, not {quantity!r}; write it as '100m' or '512Mi'"


def test_a_resource_that_kubernetes_does_not_know_is_refused() -> None:
    assert "'cpu', 'memory' or 'ephemeral-storage'" in refusal(Resources, requests={"gpu": "1"})


def test_a_toleration_of_any_value_has_no_value() -> None:
    assert refusal(Toleration, key="a", value="b").startswith("operator 'Exists' compares no value")


def test_a_toleration_of_one_value_has_key_and_value() -> None:
    assert refusal(Toleration, operator="Equal", key="a").startswith(
        "operator 'Equal' needs a key and a value"
    )


def test_a_toleration_is_written_as_pods_have_it() -> None:
    assert Toleration(key="a", effect="NoSchedule").manifest() == {
        "key": "a",
        "operator": "Exists",
        "effect": "NoSchedule",
    }
