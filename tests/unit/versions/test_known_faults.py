"""The known faults: the file, its bounds, and who meets a fault."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.values import CiliumValues, Encryption, Eni
from cdk_eks_cilium.values.rules.agents.configuration import Configuration
from cdk_eks_cilium.values.rules.agents.options import OPTIONS
from cdk_eks_cilium.versions import CiliumVersion
from cdk_eks_cilium.versions.known_faults import Fault, faults_met, known_faults

every_fault = pytest.mark.parametrize("fault", known_faults(), ids=lambda fault: fault.id)
LEAST: dict[str, Any] = {
    "id": "it",
    "about": "eni",
    "affects": [{"since": "1.18.2", "until": "1.18.4"}, {"since": "1.19.0"}],
    "symptom": "it breaks",
    "way": "leave it out",
    "links": ["https://example.com"],
}


def met_by(version: str, options: dict[str, Any]) -> set[str]:
    return {fault.id for fault in faults_met(CiliumVersion.of(version), options.get)}


def met_with(values: CiliumValues, version: str) -> set[str]:
    release = CiliumVersion.of(version)
    return {fault.id for fault in faults_met(release, Configuration(values, release).option)}


def test_each_fault_has_a_name_of_its_own() -> None:
    names = [fault.id for fault in known_faults()]
    assert len(names) == len(set(names))


@every_fault
def test_the_spans_of_a_fault_follow_each_other(fault: Fault) -> None:
    assert all(first.until is not None for first in fault.affects[:-1])
    bounds = [bound for span in fault.affects for bound in (span.since, span.until) if bound]
    numbers = [tuple(map(int, bound.split("."))) for bound in bounds]
    assert all(older < newer for older, newer in pairwise(numbers))


@every_fault
def test_values_can_tell_every_option_that_a_fault_asks_for(fault: Fault) -> None:
    given = Configuration(CiliumValues(), CiliumVersion.DEFAULT)
    for option in (*fault.when, *fault.unless, *fault.given):
        given.option(option)


@every_fault
def test_a_fault_is_told_with_its_cause_and_its_links(fault: Fault) -> None:
    version = CiliumVersion.of(fault.affects[0].since)
    text = fault.told(version)
    assert text.startswith(f"{fault.about}: known fault of this release: ")
    assert all(link in text for link in fault.links)


@pytest.mark.parametrize(
    ("version", "has"),
    [
        ("1.18.1", False),
        ("1.18.2", True),
        ("1.18.3", True),
        ("1.18.4", False),
        ("1.19.0", True),
        ("1.20.0", True),
    ],
)
def test_a_fault_is_met_between_its_bounds(version: str, has: bool) -> None:
    assert Fault.read(LEAST).met(CiliumVersion.of(version), lambda _: None) is has


@pytest.mark.parametrize(
    ("condition", "options", "met"),
    [
        ({"when": {"a": "true"}}, {"a": "true"}, True),
        ({"when": {"a": "true"}}, {"a": True}, True),
        ({"when": {"a": "true"}}, {"a": "false"}, False),
        ({"when": {"a": "true"}}, {}, False),
        ({"when": {"a": ["true", "strict"]}}, {"a": "strict"}, True),
        ({"when": {"a": "true", "b": "true"}}, {"a": "true"}, False),
        ({"unless": {"a": "true"}}, {"a": "true"}, False),
        ({"unless": {"a": "true"}}, {}, True),
        ({"unless": {"a": "true", "b": "true"}}, {"a": "true"}, True),
        ({"given": ["a"]}, {"a": "10.0.0.0/8"}, True),
        ({"given": ["a"]}, {"a": ""}, False),
        ({"given": ["a"]}, {}, False),
    ],
)
def test_a_fault_is_met_by_its_configuration(
    condition: dict[str, Any], options: dict[str, Any], met: bool
) -> None:
    fault = Fault.read({**LEAST, **condition})
    assert fault.met(CiliumVersion.of("1.19.6"), options.get) is met


def test_a_row_without_a_link_is_refused() -> None:
    with pytest.raises(InputError, match="links"):
        Fault.read({**LEAST, "links": []})


def test_the_config_map_of_a_live_cluster_is_judged_by_the_same_rows() -> None:
    data = {"aws-enable-prefix-delegation": "true", "kube-proxy-replacement": "true", "enable-ipv4": "true"}
    assert met_by("1.20.0", data) == {
        "prefixes-released-singly",
        "prefixes-unknown-to-agents",
        "prefixes-fall-back-deadlock",
        "prefixes-fall-back-stays",
        "l7-between-nodes",
    }
    assert met_by("1.20.2", {"enable-wireguard": "true", "kube-proxy-replacement": "true"}) == set()


def test_values_are_judged_as_the_agents_get_them() -> None:
    apart = CiliumValues(eni=Eni(prefix_delegation=False))
    assert met_with(apart, "1.19.6") == set()
    wireguard = apart.model_copy(update={"encryption": Encryption.wireguard()})
    assert met_with(wireguard, "1.19.2") == {"GHSA-gj49-89wh-h4gj"}
    assert met_with(wireguard, "1.19.3") == set()
    by_option = apart.model_copy(update={"overrides": {"extraConfig": {"enable-wireguard": "true"}}})
    assert met_with(by_option, "1.19.2") == {"GHSA-gj49-89wh-h4gj"}


@pytest.mark.parametrize(
    "overrides", [{"localRedirectPolicy": True}, {"localRedirectPolicies": {"enabled": True}}]
)
def test_redirect_policies_are_known_by_both_of_their_names(overrides: dict[str, Any]) -> None:
    values = CiliumValues(eni=Eni(prefix_delegation=False), overrides=overrides)
    assert met_with(values, "1.18.9") == {"GHSA-q6h5-q3q6-f87x"}
    assert met_with(values, "1.18.10") == set()


def test_a_known_native_range_is_met_on_the_first_patches_of_1_20() -> None:
    values = CiliumValues(
        eni=Eni(prefix_delegation=False), overrides={"ipv4NativeRoutingCIDR": "100.64.0.0/16"}
    )
    assert met_with(values, "1.20.1") == {"native-cidr-of-pods"}
    assert met_with(values, "1.20.2") == set()


def test_options_are_those_of_one_value_each() -> None:
    names = [name for options in OPTIONS.values() for name in options]
    assert len(names) == len(set(names))
