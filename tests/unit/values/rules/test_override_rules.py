from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cdk_eks_cilium.values import CiliumValues, problems, warnings
from cdk_eks_cilium.values.rules.owned import OWNED
from cdk_eks_cilium.versions import CiliumVersion, minors


def texts(number: str, overrides: Mapping[str, Any]) -> list[str]:
    return [str(each) for each in problems(CiliumValues(overrides=overrides), CiliumVersion.of(number))]


def nested(path: str | tuple[str, ...], value: Any) -> dict[str, Any]:
    for name in reversed(path.split(".") if isinstance(path, str) else path):
        value = {name: value}
    return dict(value)


def test_a_value_of_the_chart_is_fine() -> None:
    assert texts("1.19.6", {"bpf": {"mapDynamicSizeRatio": 0.005}, "debug": {"enabled": True}}) == []


def test_an_unknown_key_is_refused_with_the_nearest() -> None:
    assert texts("1.19.6", {"hubble": {"relay": {"replica": 2}}}) == [
        "cilium.overrides.hubble.relay.replica: is not a value of Cilium's chart 1.19.6, which ignores it, "
        "got 2; did you mean 'hubble.relay.replicas'?"
    ]


def test_an_unknown_section_is_one_problem() -> None:
    assert texts("1.19.6", {"hubble": {"rely": {"replicas": 2, "tolerations": []}}}) == [
        "cilium.overrides.hubble.rely: is not a value of Cilium's chart 1.19.6, which ignores it; did you "
        "mean 'hubble.relay'?"
    ]


def test_a_key_without_a_near_key_must_be_removed() -> None:
    assert texts("1.19.6", {"global": {"a": 1}}) == [
        "cilium.overrides.global: is not a value of Cilium's chart 1.19.6, which ignores it; remove it"
    ]


def test_a_misspelt_key_of_the_library_leads_to_the_typed_value() -> None:
    assert texts("1.19.6", {"eni": {"prefixDelegation": True}}) == [
        "cilium.overrides.eni.prefixDelegation: is not a value of Cilium's chart 1.19.6, which ignores it, "
        "got True; it is the typed value eni.prefix_delegation: set it beside overrides, not in them"
    ]


def test_a_refusal_names_the_place_of_a_typed_value_among_the_overrides() -> None:
    assert texts("1.19.6", {"host_firewall": True}) == [
        "cilium.overrides.host_firewall: is not a value of Cilium's chart 1.19.6, which ignores it, got "
        "True; it is the typed value host_firewall: set it beside overrides, not in them"
    ]


def test_a_key_of_a_later_chart_says_when_it_comes() -> None:
    assert texts("1.18.12", {"eni": {"nodeSpec": {"deleteOnTermination": True}}}) == [
        "cilium.overrides.eni.nodeSpec: comes with Cilium's chart 1.19: the chart 1.18.12 ignores it; "
        "remove it, or use Cilium 1.19 or newer"
    ]


def test_a_key_of_a_later_patch_says_which() -> None:
    assert texts("1.13.3", {"encryption": {"ipsec": {"keyWatcher": False}}}) == [
        "cilium.overrides.encryption.ipsec.keyWatcher: comes with Cilium's chart 1.13.4: the chart 1.13.3 "
        "ignores it, got False; remove it, or use Cilium 1.13.4 or newer"
    ]
    assert texts("1.13.4", {"encryption": {"ipsec": {"keyWatcher": False}}}) == []


def test_a_removed_key_says_since_when_and_what_took_over() -> None:
    assert texts("1.19.6", {"encryption": {"keyFile": "keys"}}) == [
        "cilium.overrides.encryption.keyFile: was removed in Cilium's chart 1.16, got 'keys'; "
        "use 'encryption.ipsec.keyFile'"
    ]


def test_a_removed_key_without_a_successor_says_what_to_do() -> None:
    assert texts("1.19.6", {"nodePort": {"enabled": True}, "customCalls": {"enabled": True}}) == [
        "cilium.overrides.nodePort.enabled: was removed in Cilium's chart 1.19, got True; "
        "it is part of kube-proxy replacement: use kube_proxy_replacement",
        "cilium.overrides.customCalls: was removed in Cilium's chart 1.19; remove it",
    ]


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (
            {"bpf": {"preallocateMaps": "true"}},
            "bpf.preallocateMaps: must be true or false in Cilium's chart 1.19.6, got 'true'; "
            "write true without quotes",
        ),
        (
            {"hubble": {"relay": {"replicas": "2"}}},
            "hubble.relay.replicas: must be a whole number in Cilium's chart 1.19.6, got '2'; "
            "write it without quotes",
        ),
        (
            {"hubble": {"relay": {"replicas": 1.5}}},
            "hubble.relay.replicas: must be a whole number in Cilium's chart 1.19.6, got 1.5; "
            "remove it to keep the default",
        ),
        (
            {"hubble": {"relay": {"replicas": True}}},
            "hubble.relay.replicas: must be a whole number in Cilium's chart 1.19.6, got True; "
            "remove it to keep the default",
        ),
        (
            {"eni": {"gcInterval": 5}},
            "eni.gcInterval: must be text in Cilium's chart 1.19.6, got 5; write it in quotes",
        ),
        (
            {"hubble": {"redact": {"http": {"headers": {"deny": "cookie"}}}}},
            "hubble.redact.http.headers.deny: must be a list in Cilium's chart 1.19.6, got 'cookie'; "
            "write a list: ['cookie']",
        ),
        (
            {"debug": True},
            "debug: must be a mapping in Cilium's chart 1.19.6, got True; set single values in it",
        ),
        (
            {"bpf": {"mapDynamicSizeRatio": []}},
            "bpf.mapDynamicSizeRatio: must be a number or text in Cilium's chart 1.19.6, got []; "
            "remove it to keep the default",
        ),
        (
            {"clustermesh": {"apiserver": {"etcd": {"storageMedium": "disk"}}}},
            "clustermesh.apiserver.etcd.storageMedium: must be 'Disk' or 'Memory' in Cilium's chart 1.19.6, "
            "got 'disk'; remove it to keep the default",
        ),
        (
            {"securityContext": {"capabilities": {"ciliumAgent": ["CHOWN", 1]}}},
            "securityContext.capabilities.ciliumAgent[1]: must be text in Cilium's chart 1.19.6, got 1",
        ),
        (
            {"egressGateway": {"maxPolicyEntries": {"a": 1}}},
            "egressGateway.maxPolicyEntries: must be true or false or a whole number or a number or text "
            "in Cilium's chart 1.19.6, got {'a': 1}; remove it to keep the default",
        ),
    ],
)
def test_a_value_of_another_type_is_refused(overrides: dict[str, Any], text: str) -> None:
    assert texts("1.19.6", overrides) == [f"cilium.overrides.{text}"]


def test_a_number_out_of_the_bounds_of_the_schema_is_refused() -> None:
    assert texts("1.20.0", {"bpf": {"monitorTraceIPOption": 256}}) == [
        "cilium.overrides.bpf.monitorTraceIPOption: must be in the bounds of Cilium's chart 1.20.0, "
        "0 to 255, got 256"
    ]
    assert texts("1.20.0", {"bpf": {"monitorTraceIPOption": 255}}) == []


def test_a_whole_number_passes_for_a_number() -> None:
    assert texts("1.19.6", {"bpf": {"mapDynamicSizeRatio": 1}}) == []


def test_what_is_in_an_open_mapping_is_the_user_s() -> None:
    free = {"limits": {"cpu": "2", "example.com/device": 1}}
    assert texts("1.19.6", {"resources": free, "nodeSelector": {"a.b/c": "d"}}) == []


def test_what_the_chart_names_in_an_open_mapping_keeps_its_type() -> None:
    assert texts("1.19.6", {"updateStrategy": {"type": 1, "mine": 1}}) == [
        "cilium.overrides.updateStrategy.type: must be text in Cilium's chart 1.19.6, got 1; "
        "write it in quotes"
    ]


def test_a_key_with_dots_is_refused_with_the_nesting_it_means() -> None:
    assert texts("1.19.6", {"bpf.masquerade": True}) == [
        "cilium.overrides.bpf.masquerade: is one key with dots in it, which the chart does not read, "
        "got True; write nested mappings: {'bpf': {'masquerade': ...}}"
    ]


def test_a_key_with_dots_in_a_section_is_not_taken_for_a_path() -> None:
    assert texts("1.19.6", {"hubble": {"relay.replicas": 2}}) == [
        "cilium.overrides.hubble.relay.replicas: is one key with dots in it, which the chart does not read, "
        "got 2; write nested mappings: {'relay': {'replicas': ...}}"
    ]


@pytest.mark.parametrize("path", ["debug.enabled", "hubble.relay.replicas", "updateStrategy"])
def test_null_unsets_any_default(path: str) -> None:
    assert texts("1.19.6", nested(path, None)) == []


def test_null_for_a_key_that_the_chart_lacks_is_refused() -> None:
    (text,) = texts("1.19.6", {"debug": {"enable": None}})
    assert text.endswith("which ignores it, got None; did you mean 'debug.enabled'?")


@pytest.mark.parametrize("path", OWNED, ids=".".join)
@pytest.mark.parametrize("number", ["1.12.1", "1.19.6", "1.20.0"])
def test_a_key_of_the_library_is_reported_once(number: str, path: tuple[str, ...]) -> None:
    (text,) = texts(number, nested(path, {"mine": 1}))
    assert "must not be set: " in text


def test_the_neighbours_of_a_key_of_the_library_are_still_looked_at() -> None:
    found = texts("1.18.12", {"eni": {"nodeSpec": {"firstInterfaceIndex": 2, "usePrimaryAddress": True}}})
    assert [text.split(": ")[0] for text in found] == [
        "cilium.overrides.eni.nodeSpec.firstInterfaceIndex",
        "cilium.overrides.eni.nodeSpec.usePrimaryAddress",
    ]


def test_a_section_wiped_out_is_reported_once() -> None:
    (text,) = texts("1.19.6", {"eni": "x"})
    assert text.startswith("cilium.overrides.eni: must be a mapping: anything else wipes out eni.")


def test_a_value_that_another_rule_refuses_is_reported_once() -> None:
    (text,) = texts("1.19.6", {"cluster": {"id": "x"}})
    assert (
        text == "cilium.overrides.cluster.id: must not be set: it is a typed value, got 'x'; use cluster_id"
    )


def test_every_problem_is_reported_at_once_the_library_s_own_first() -> None:
    found = texts("1.19.6", {"debgu": {}, "eni": {"enabled": False}, "debug": {"enabled": 1}})
    assert [text.split(": ")[0] for text in found] == [
        "cilium.overrides.eni.enabled",
        "cilium.overrides.debgu",
        "cilium.overrides.debug.enabled",
    ]


def test_before_there_was_a_schema_text_passes_for_a_number() -> None:
    half = {"operator": {"podDisruptionBudget": {"maxUnavailable": "50%"}}}
    assert texts("1.15.19", half) == []
    assert texts("1.15.19", {"tunnelPort": "8473"}) == []
    assert texts("1.16.0", {"tunnelPort": "8473"}) == [
        "cilium.overrides.tunnelPort: must be a whole number in Cilium's chart 1.16.0, got '8473'; "
        "write it without quotes"
    ]


@pytest.mark.parametrize("value", [7, True])
def test_before_there_was_a_schema_a_plain_value_does_not_pass_for_text(value: Any) -> None:
    assert texts("1.15.19", {"image": {"tag": value}}) == [
        f"cilium.overrides.image.tag: must be text in Cilium's chart 1.15.19, got {value!r}; "
        "write it in quotes"
    ]


def test_before_there_was_a_schema_text_does_not_pass_for_true_or_false() -> None:
    assert texts("1.15.19", {"debug": {"enabled": "false"}}) == [
        "cilium.overrides.debug.enabled: must be true or false in Cilium's chart 1.15.19, got 'false'; "
        "write false without quotes"
    ]


def test_a_patch_not_yet_known_may_have_the_keys_of_newer_charts() -> None:
    def with_type(given: str) -> dict[str, Any]:
        return {"encryption": {"ztunnel": {"ca": {"type": given}}}}

    assert "comes with Cilium's chart 1.20" in texts("1.19.6", with_type("spire"))[0]
    assert texts("1.19.99", with_type("spire")) == []
    assert "must be 'spire' or 'internal'" in texts("1.19.99", with_type("x"))[0]


def test_a_patch_not_yet_known_has_no_key_that_no_chart_has() -> None:
    patch = f"{minors()[-1]}.99"
    assert texts(patch, {"debgu": 1}) == [
        f"cilium.overrides.debgu: is not a value of Cilium's chart {patch}, which ignores it, got 1; did "
        "you mean 'debug'?"
    ]


def test_an_override_without_effect_is_warned_about() -> None:
    given = {"encryption": {"ipsec": {"interface": "eth0"}}}

    def of(number: str) -> list[str]:
        values, version = CiliumValues(overrides=given), CiliumVersion.of(number)
        return [text for text in warnings(values, version) if text.startswith("overrides")]

    assert of("1.19.6") == []
    assert of("1.20.0") == [
        "overrides set encryption.ipsec.interface, which has no effect: the chart of Cilium 1.20.0 lists it, "
        "and none of its templates reads it"
    ]


def test_unsetting_what_has_no_effect_is_not_warned_about() -> None:
    values = CiliumValues(overrides={"encryption": {"ipsec": {"interface": None}}})
    assert not [text for text in warnings(values, CiliumVersion.V1_20) if text.startswith("overrides")]


def test_the_article_s_profile_refuses_overrides_as_a_whole() -> None:
    values = CiliumValues(profile="article", overrides={"debgu": 1})
    (problem,) = problems(values, CiliumVersion.ARTICLE)
    assert problem.where == "cilium.overrides"
