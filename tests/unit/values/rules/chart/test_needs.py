"""What templates need of single values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdk_eks_cilium.values import CiliumValues, problems
from cdk_eks_cilium.values.rules.chart.needs import _DURATION
from cdk_eks_cilium.versions import CiliumVersion


def texts(overrides: dict[str, Any], number: str = "1.19.6") -> list[str]:
    return [str(each) for each in problems(CiliumValues(overrides=overrides), CiliumVersion.of(number))]


def ids(overrides: dict[str, Any], number: str = "1.19.6") -> list[str]:
    return [each.id for each in problems(CiliumValues(overrides=overrides), CiliumVersion.of(number))]


@pytest.mark.parametrize("number", ["1.18.12", "1.19.6", "1.20.0"])
def test_a_null_for_the_proxy_s_daemon_set_is_harmless_only_without_the_daemon_set(number: str) -> None:
    overrides: dict[str, Any] = {"envoy": {"image": None}}
    for typed, refused in (
        ({}, ["CEK2240"]),
        ({"l7_proxy": False}, []),
        ({"envoy": {"daemon_set": False}}, []),
    ):
        values = CiliumValues(**typed, overrides=overrides)
        assert [each.id for each in problems(values, CiliumVersion.of(number))] == refused


def test_a_null_section_that_templates_look_into_is_refused() -> None:
    assert texts({"hubble": {"ui": {"backend": None}}}) == [
        "cilium.overrides.hubble.ui.backend: must not be null: the templates of chart 1.19.6 look into it, "
        "and fail, got None; remove it, or set single values in it"
    ]


@pytest.mark.parametrize(
    "overrides",
    [
        {"hubble": {"ui": {"backend": {"extraEnv": None}}}},
        {"operator": {"affinity": None}},
        {"bgpControlPlane": {"statusReport": None}},
        {"authentication": {"mutual": {"spire": {"install": {"agent": None}}}}},
    ],
    ids=["a list", "copied as it is", "of a feature that is off", "deep in one that is off"],
)
def test_a_null_that_no_template_looks_into_is_fine(overrides: dict[str, Any]) -> None:
    assert texts(overrides) == []


def test_the_condition_of_the_template_counts() -> None:
    status = {"bgpControlPlane": {"enabled": True, "statusReport": None}}
    assert ids(status) == ["CEK2240"]


def test_a_null_in_place_of_a_section_of_the_templates_alone_is_refused() -> None:
    assert ids({"hostServices": None}, "1.12.19") == ["CEK2240"]


def test_certificates_by_hand_are_one_problem_that_names_all_that_is_missing() -> None:
    assert texts({"hubble": {"tls": {"auto": {"enabled": False}}}}) == [
        "cilium.overrides.hubble.tls.auto.enabled: needs more values, without which the chart fails: "
        "hubble.relay.tls.client.cert, hubble.relay.tls.client.key, hubble.tls.server.cert, "
        "hubble.tls.server.key, got False; remove it, or set these in overrides"
    ]
    pair = {"cert": "a", "key": "b"}
    given = {"auto": {"enabled": False}, "server": pair}
    assert texts({"hubble": {"tls": given, "relay": {"tls": {"client": pair}}}}) == []


@pytest.mark.parametrize("text", ["5m", "1h30m", "0", "", "1.5s", "-2ms"])
def test_durations_of_go_are_fine(text: str) -> None:
    assert texts({"bpf": {"monitorInterval": text}}) == []


@pytest.mark.parametrize("text", ["5", "5 m", "1d", "soon"])
def test_other_text_is_no_duration(text: str) -> None:
    assert texts({"bpf": {"monitorInterval": text}}) == [
        "cilium.overrides.bpf.monitorInterval: must be a duration with its unit: the chart fails on "
        f"anything else, got '{text}'; write it as '30s', '5m' or '1h30m'"
    ]


@given(
    st.lists(st.tuples(st.integers(0, 9999), st.sampled_from(["ns", "us", "ms", "s", "m", "h"])), min_size=1)
)
def test_any_row_of_numbers_with_units_is_a_duration(parts: list[tuple[int, str]]) -> None:
    assert _DURATION.fullmatch("".join(f"{number}{unit}" for number, unit in parts))


@pytest.mark.parametrize("tag", ["v0.13.2", "0.13", "v0.13.2@sha256:abc", "v0.13.2-rc.1", "latest"])
def test_tags_of_the_ui_that_the_chart_compares_are_fine(tag: str) -> None:
    assert texts({"hubble": {"ui": {"frontend": {"image": {"tag": tag}}}}}) == []


def test_a_tag_of_the_ui_that_is_not_a_version_is_refused() -> None:
    assert ids({"hubble": {"ui": {"frontend": {"image": {"tag": ""}}}}}) == ["CEK2241"]
    assert texts({"hubble": {"ui": {"frontend": {"image": {"tag": "main"}}}}}) == [
        "cilium.overrides.hubble.ui.frontend.image.tag: must be a version, which the templates compare: the "
        "chart fails on anything else, got 'main'; write it as '1.19.6'"
    ]


def test_entries_that_templates_look_into_must_be_mappings() -> None:
    assert texts({"extraHostPathMounts": ["/data"]}) == [
        "cilium.overrides.extraHostPathMounts: must be made of mappings: the chart fails on anything else, "
        "got ['/data']; write each entry as a mapping"
    ]
    mount = {"name": "data", "mountPath": "/data", "hostPath": "/data"}
    assert texts({"extraHostPathMounts": [mount]}) == []


def test_text_where_a_template_goes_through_a_list_is_refused() -> None:
    assert ids({"monitor": {"enabled": True, "eventTypes": "drop"}}, "1.15.19") == ["CEK2241"]


@pytest.mark.parametrize(("given", "found"), [("1.18", []), (7, ["CEK2241"]), ("main", ["CEK2241"])])
def test_values_from_before_name_a_version_as_text(given: Any, found: list[str]) -> None:
    assert ids({"upgradeCompatibility": given}, "1.15.19") == found


def test_a_switch_of_digests_is_true_or_false() -> None:
    def digest(value: Any) -> dict[str, Any]:
        return {"hubble": {"ui": {"frontend": {"image": {"useDigest": value}}}}}

    assert ids(digest(255), "1.12.19") == ["CEK2241"]
    assert ids(digest(False), "1.12.19") == []


def test_a_mesh_with_clusters_needs_its_switches() -> None:
    mesh = {"useAPIServer": None, "config": {"enabled": True}}
    assert ids({"clustermesh": mesh}, "1.18.12") == ["CEK2240"]
    assert ids({"clustermesh": {"useAPIServer": None}}, "1.18.12") == []
