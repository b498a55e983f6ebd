from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values import CiliumValues, Encryption, Eni, Envoy, Hubble, HubbleTls, References
from cdk_eks_cilium.values.upgrade import Upgrade, upgrade
from cdk_eks_cilium.versions import CiliumVersion, minors
from cdk_eks_cilium.versions.upgrade_notes import DEFINITIONS, GATEWAY_API, KEPT_DEFAULTS, NOTES

SECRETS = "cilium-ca hubble-server-certs hubble-relay-client-certs"
CRON: dict[str, Any] = {"hubble": Hubble(tls=HubbleTls(method="helm"))}


def between(refs: References, old: str, new: str, **values: Any) -> Upgrade:
    return upgrade(CiliumValues(**values), refs, CiliumVersion.of(old), CiliumVersion.of(new))


def notes(found: Upgrade, kind: str) -> list[str]:
    return [note.text for step in found.steps for note in step.notes if note.kind == kind]


def test_the_tables_are_of_minors_that_can_be_entered_oldest_first() -> None:
    for table in (NOTES, DEFINITIONS, GATEWAY_API, KEPT_DEFAULTS):
        assert list(table) == [minor for minor in minors()[1:] if minor in table]


def test_every_note_has_a_source() -> None:
    assert all(note.source for found in NOTES.values() for note in found)


def test_the_notes_of_a_step_are_those_of_its_minor_with_what_comes_first_first(refs: References) -> None:
    (step,) = between(refs, "1.18.12", "1.19.6").steps
    kinds = [note.kind for note in step.notes]
    assert kinds == sorted(
        kinds, key=["crds", "refuses", "one-way", "window", "nodes", "meaning", "default"].index
    )
    assert "fromRequires and toRequires in policies must be empty" in notes(
        between(refs, "1.18.12", "1.19.6"), "refuses"
    )


def test_a_patch_has_no_notes(refs: References) -> None:
    assert between(refs, "1.19.0", "1.19.6").steps[0].notes == ()


def test_the_step_that_lets_a_job_make_hubble_s_secrets_is_one_way(refs: References) -> None:
    (text,) = notes(between(refs, "1.18.12", "1.19.6"), "one-way")
    assert text.startswith("a job in the cluster makes Hubble's certificates from here on: the Secrets ")
    assert text.endswith(f"kubectl --namespace kube-system delete secret {SECRETS}")


def test_the_way_back_over_the_secrets_does_not_work_by_itself(refs: References) -> None:
    texts = notes(between(refs, "1.19.6", "1.18.12"), "one-way")
    assert texts[0].startswith(
        "this step does not work by itself: Helm refuses the Secrets cilium-ca, hubble-s"
    )
    assert SECRETS in texts[0]


@pytest.mark.parametrize(
    "values",
    [
        CRON,
        {"overrides": {"hubble": {"tls": {"enabled": False}}}},
        {"overrides": {"hubble": {"enabled": False}}, "hubble": Hubble(relay=False, ui=False)},
    ],
)
@pytest.mark.parametrize("way", [("1.18.12", "1.19.6"), ("1.19.6", "1.18.12")])
def test_the_secrets_are_no_matter_where_nobody_else_makes_them(
    values: dict[str, Any], way: tuple[str, str], refs: References
) -> None:
    assert not any("Secrets" in text for text in notes(between(refs, *way, **values), "one-way"))


def test_the_crds_of_gateway_api_come_before_each_minor_that_needs_others(refs: References) -> None:
    found = between(refs, "1.18.12", "1.20.0", gateway_api=True, kube_proxy_replacement=True)
    texts = [text.partition(",")[0] for text in notes(found, "crds") if "Gateway API" in text]
    assert texts == [
        "install the CRDs of Gateway API 1.4.1 before Cilium 1.19",
        "install the CRDs of Gateway API 1.6.1 before Cilium 1.20",
    ]
    assert not any("Gateway API" in text for text in notes(between(refs, "1.18.12", "1.20.0"), "crds"))


def test_crds_that_come_and_go_are_named(refs: References) -> None:
    texts = notes(between(refs, "1.17.18", "1.18.12"), "crds")
    assert texts[0] == "the new operator registers ciliumgatewayclassconfigs by itself"
    assert texts[1].startswith("nothing reads ciliumexternalworkloads from here on")


def test_a_note_about_a_feature_is_for_those_who_use_it(refs: References) -> None:
    def told(**values: Any) -> bool:
        return any("IPsec" in text for text in notes(between(refs, "1.18.12", "1.19.6", **values), "meaning"))

    assert told(encryption=Encryption.ipsec())
    assert not told()
    released = {"eni": Eni(release_excess_ips=False)}
    assert not any(
        "prefixes back" in text for text in notes(between(refs, "1.18.12", "1.19.6", **released), "meaning")
    )


def test_routing_rules_of_the_old_form_must_be_moved_by_1_18(refs: References) -> None:
    def told(**values: Any) -> bool:
        texts = notes(between(refs, "1.18.12", "1.19.6", **values), "window")
        return any("egress-multi-home-ip-rule-compat" in text for text in texts)

    assert told(overrides={"extraConfig": {"egress-multi-home-ip-rule-compat": "true"}})
    assert not told()


def test_the_window_of_the_addresses_is_told_on_both_ways(refs: References) -> None:
    up, down = between(refs, "1.19.6", "1.20.0"), between(refs, "1.20.0", "1.19.6")
    assert any("a cluster must run 1.20 before 1.21" in text for text in notes(up, "window"))
    assert any("so that 1.19 can come back" in text for text in notes(down, "window"))


def test_the_config_map_ends_and_comes_back_with_the_values_of_1_19(refs: References) -> None:
    def told(old: str, new: str) -> list[str]:
        return [text for text in notes(between(refs, old, new), "meaning") if "kube-system/cni-conf" in text]

    assert told("1.18.12", "1.19.6")[0].startswith("the same deployment deletes the ConfigMap")
    assert told("1.19.6", "1.18.12")[0].startswith("the same deployment makes the ConfigMap")
    assert told("1.19.6", "1.20.0") == []


@pytest.mark.parametrize(
    ("values", "number", "where"),
    [
        ({}, "1.19.6", "Envoy (DaemonSet cilium-envoy)"),
        ({"envoy": Envoy(daemon_set=False)}, "1.19.6", "Envoy, within the agents"),
        ({"overrides": {"upgradeCompatibility": "1.15"}}, "1.19.6", "Envoy, within the agents"),
    ],
)
def test_the_place_of_envoy_decides_what_restarts(
    values: dict[str, Any], number: str, where: str, refs: References
) -> None:
    (step,) = between(refs, "1.19.0", number, **values).steps
    assert any(text.startswith(where) for text in step.restarts)


def test_without_the_proxy_and_hubble_nothing_of_them_restarts(refs: References) -> None:
    (step,) = between(refs, "1.19.0", "1.19.6", l7_proxy=False, hubble=Hubble(relay=False, ui=False)).steps
    assert len(step.restarts) == 2
