from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.problems import MISSING, InputError, Problem
from cdk_eks_cilium.values import BandwidthManager, CiliumValues, Hubble, Ipam, References
from cdk_eks_cilium.values.upgrade import Step, Upgrade, upgrade
from cdk_eks_cilium.versions import Catalogue, CiliumVersion

PLAIN = CiliumValues()


def between(refs: References, old: str, new: str, values: CiliumValues = PLAIN) -> Upgrade:
    return upgrade(values, refs, CiliumVersion.of(old), CiliumVersion.of(new))


def step(refs: References, old: str, new: str, values: CiliumValues = PLAIN) -> Step:
    (found,) = between(refs, old, new, values).steps
    return found


def written(found: Step) -> dict[str, tuple[Any, Any]]:
    return {change.path: (change.before, change.after) for change in found.written}


def test_each_key_that_the_deployment_writes_differently_is_reported(refs: References) -> None:
    found = written(step(refs, "1.18.12", "1.19.6"))
    assert found["routingMode"] == ("native", MISSING)
    assert found["cni.configMap"] == ("cni-configuration", MISSING)
    assert found["eni.nodeSpec.firstInterfaceIndex"] == (MISSING, 1)
    assert found["hubble.tls.auto.method"] == ("helm", "cronJob")
    assert "eni.enabled" not in found
    assert not any(path.startswith("podAnnotations") for path in found)


def test_defaults_that_change_are_reported_unless_the_values_set_them(refs: References) -> None:
    found = {each.path: (each.before, each.after) for each in step(refs, "1.18.12", "1.19.6").defaults}
    assert found["authentication.enabled"] == (True, False)
    assert "enableIPv4Masquerade" not in found
    assert not any(path.endswith((".tag", ".digest")) for path in found)


@pytest.mark.parametrize(
    ("old", "new"), [("1.17.18", "1.18.12"), ("1.18.12", "1.19.6"), ("1.19.6", "1.20.0")]
)
def test_keys_that_come_and_go_are_those_of_the_catalogue(old: str, new: str, refs: References) -> None:
    found = step(refs, old, new)
    before, after = Catalogue.of(CiliumVersion.of(old)), Catalogue.of(CiliumVersion.of(new))
    assert found.added
    assert all(before.find(path) is None and after.find(path) is not None for path in found.added)
    assert all(before.find(path) is not None and after.find(path) is None for path in found.removed)


def test_further_actions_of_the_operator_are_reported(refs: References) -> None:
    found = step(refs, "1.17.18", "1.18.12")
    assert (found.actions_added, found.actions_removed) == (("ec2:DescribeRouteTables",), ())


def test_a_step_that_does_not_take_the_values_has_its_problems_and_notes_alone(refs: References) -> None:
    values = CiliumValues(bandwidth_manager=BandwidthManager())
    found = step(refs, "1.18.12", "1.17.18", values)
    (problem,) = found.problems
    assert problem.where == "cilium.bandwidth_manager"
    assert found.notes
    assert (found.written, found.restarts) == ((), ())


def test_an_old_version_that_does_not_take_the_values_cannot_be_running(refs: References) -> None:
    values = CiliumValues(bandwidth_manager=BandwidthManager())
    with pytest.raises(
        InputError, match=r"cilium.bandwidth_manager: is for Cilium 1.18 and newer, not 1.17.18"
    ):
        between(refs, "1.17.18", "1.19.6", values)


def test_an_override_that_a_chart_on_the_way_lost_is_a_problem_of_each_step_from_there(
    refs: References,
) -> None:
    values = CiliumValues(overrides={"enableCiliumEndpointSlice": True})
    found = between(refs, "1.16.19", "1.20.0", values)
    assert [bool(each.problems) for each in found.steps] == [False, True, True, True]
    assert str(found.problems[0]).startswith(
        "cilium.overrides.enableCiliumEndpointSlice: was removed in Cilium's chart 1.18"
    )
    # The last steps are still compared in what they need.
    assert found.steps[3].notes


def test_what_helm_itself_refuses_fails_the_step(refs: References) -> None:
    refusal = Problem("cilium", "Cilium's chart refuses it")

    def render(version: CiliumVersion) -> list[Problem]:
        return [refusal] if version.minor == "1.19" else []

    found = upgrade(PLAIN, refs, CiliumVersion.V1_18, CiliumVersion.V1_20, render=render)
    assert [each.problems for each in found.steps] == [(refusal,), ()]
    assert found.problems == (refusal,)


def test_an_upgrade_over_several_minors_goes_one_minor_at_a_time(refs: References) -> None:
    found = between(refs, "1.16.18", "1.19.6")
    assert found.advice[0] == (
        "Cilium supports one minor at a time, from the newest patch of each: go 1.16.18 -> 1.16.19 -> "
        "1.17.18 -> 1.18.12 -> 1.19.6"
    )
    assert [str(each.new) for each in found.steps] == ["1.16.19", "1.17.18", "1.18.12", "1.19.6"]


def test_one_minor_up_begins_with_the_pre_flight_check(refs: References) -> None:
    assert between(refs, "1.18.12", "1.19.6").advice[0].startswith("run Cilium's pre-flight check")


def test_a_patch_needs_neither_a_check_nor_a_detour(refs: References) -> None:
    (advice,) = between(refs, "1.19.0", "1.19.6").advice
    assert advice.startswith("Helm gets every value again")


def test_a_downgrade_is_called_one(refs: References) -> None:
    assert between(refs, "1.19.6", "1.18.12").advice[0].startswith("this is a downgrade by 1 minor:")
    assert between(refs, "1.20.0", "1.18.12").advice[1].startswith("this is a downgrade by 2 minors:")


def test_the_advice_on_old_defaults_names_what_they_are_of(refs: References) -> None:
    def told(old: str, new: str, values: CiliumValues = PLAIN) -> list[str]:
        return [text for text in between(refs, old, new, values).advice if "upgradeCompatibility" in text]

    assert told("1.19.6", "1.20.0") == [
        "the defaults of envoy.xdsMode change; set upgradeCompatibility in the overrides to the minor that "
        "was installed first, 1.19 or older, to keep the old ones"
    ]
    assert told("1.17.18", "1.19.6") == []
    kept = CiliumValues(overrides={"upgradeCompatibility": "1.17"})
    assert told("1.19.6", "1.20.0", kept)[0].startswith("overrides set upgradeCompatibility '1.17', so ")


def test_new_warnings_of_the_new_version_are_reported(refs: References) -> None:
    found = step(refs, "1.19.6", "1.20.0").warnings
    assert any("single addresses of a prefix back; Cilium 1.20.2 fixes it" in text for text in found)
    assert step(refs, "1.18.12", "1.19.6").warnings == ()


def test_a_warning_that_names_each_release_is_not_new_with_each(refs: References) -> None:
    found = step(refs, "1.17.18", "1.18.12").warnings
    assert not any("never gives a prefix back" in text for text in found)


def test_a_registry_of_ones_own_needs_the_new_images_first(refs: References) -> None:
    values = CiliumValues(image_registry="registry.example.com/mirror")
    last = between(refs, "1.18.12", "1.20.0", values).advice[-1]
    assert last == "copy the images of 1.19.6, 1.20.0 to registry.example.com/mirror before you deploy"


def test_typed_values_that_move_are_reported(refs: References) -> None:
    values = CiliumValues(ipam=Ipam(pre_allocate=4), hubble=Hubble(metrics=("drop",)))
    found = written(step(refs, "1.18.12", "1.19.6", values))
    assert found["ipam.nodeSpec.ipamPreAllocate"] == (MISSING, 4)
    assert "hubble.metrics.enabled" not in found
