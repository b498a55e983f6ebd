from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values import BandwidthManager, CiliumValues, Hubble, Ipam, References
from cdk_eks_cilium.values.upgrade import Upgrade, upgrade
from cdk_eks_cilium.versions import Catalogue, CiliumVersion, minors
from cdk_eks_cilium.versions.upgrade_notes import NOTES

PLAIN = CiliumValues()


def between(refs: References, old: str, new: str, values: CiliumValues = PLAIN) -> Upgrade:
    return upgrade(values, refs, CiliumVersion.of(old), CiliumVersion.of(new))


def written(found: Upgrade) -> dict[str, tuple[Any, Any]]:
    return {change.path: (change.before, change.after) for change in found.written}


def test_each_key_that_the_deployment_writes_differently_is_reported(refs: References) -> None:
    found = written(between(refs, "1.18.12", "1.19.6"))
    assert found["routingMode"] == ("native", MISSING)
    assert found["cni.configMap"] == ("cni-configuration", MISSING)
    assert found["eni.nodeSpec.firstInterfaceIndex"] == (MISSING, 1)
    assert found["hubble.tls.auto.method"] == ("helm", "cronJob")
    assert "eni.enabled" not in found
    assert not any(path.startswith("podAnnotations") for path in found)


def test_defaults_that_change_are_reported_unless_the_values_set_them(refs: References) -> None:
    found = {
        change.path: (change.before, change.after) for change in between(refs, "1.18.12", "1.19.6").defaults
    }
    assert found["authentication.enabled"] == (True, False)
    assert "enableIPv4Masquerade" not in found
    assert not any(path.endswith((".tag", ".digest")) for path in found)


@pytest.mark.parametrize(
    ("old", "new"), [("1.17.18", "1.18.12"), ("1.18.12", "1.19.6"), ("1.19.6", "1.20.0")]
)
def test_keys_that_come_and_go_are_those_of_the_catalogue(old: str, new: str, refs: References) -> None:
    found = between(refs, old, new)
    before, after = Catalogue.of(CiliumVersion.of(old)), Catalogue.of(CiliumVersion.of(new))
    assert found.added
    assert all(before.find(path) is None and after.find(path) is not None for path in found.added)
    assert all(before.find(path) is not None and after.find(path) is None for path in found.removed)


def test_further_actions_of_the_operator_are_reported(refs: References) -> None:
    found = between(refs, "1.17.18", "1.18.12")
    assert (found.actions_added, found.actions_removed) == (("ec2:DescribeRouteTables",), ())


def test_a_version_that_does_not_take_the_values_is_reported_with_its_problems_alone(
    refs: References,
) -> None:
    values = CiliumValues(bandwidth_manager=BandwidthManager())
    found = between(refs, "1.18.12", "1.17.18", values)
    (problem,) = found.problems
    assert problem.where == "cilium.bandwidth_manager"
    assert (found.written, found.cautions) == ((), ())


def test_an_override_that_the_new_chart_lost_is_a_problem(refs: References) -> None:
    values = CiliumValues(overrides={"enableCiliumEndpointSlice": True})
    (problem,) = between(refs, "1.17.18", "1.18.12", values).problems
    assert str(problem).startswith(
        "cilium.overrides.enableCiliumEndpointSlice: was removed in Cilium's chart 1.18"
    )


def test_an_upgrade_over_several_minors_goes_one_minor_at_a_time(refs: References) -> None:
    first = between(refs, "1.16.19", "1.19.6").cautions[0]
    assert first == (
        "Cilium supports one minor at a time: go 1.16.19 -> 1.17.18 -> 1.18.12 -> 1.19.6, and wait for "
        "`cilium status --wait` after each"
    )


def test_the_newest_patch_comes_first(refs: References) -> None:
    assert between(refs, "1.18.3", "1.19.6").cautions[0] == "go to the newest patch of 1.18 first: 1.18.12"


def test_one_minor_up_begins_with_the_pre_flight_check(refs: References) -> None:
    assert between(refs, "1.18.12", "1.19.6").cautions[0].startswith("run Cilium's pre-flight check first")


def test_a_patch_needs_neither_a_check_nor_a_detour(refs: References) -> None:
    cautions = between(refs, "1.19.0", "1.19.6").cautions
    assert len(cautions) == 1
    assert cautions[0].startswith("Helm gets every value again")


def test_a_downgrade_is_called_one(refs: References) -> None:
    assert between(refs, "1.19.6", "1.18.12").cautions[0].startswith("this is a downgrade by 1 minor:")


def test_only_notes_of_the_minors_on_the_way_are_reported(refs: References) -> None:
    cautions = between(refs, "1.17.18", "1.19.6").cautions
    told = {text.partition(": ")[0] for text in cautions if text.partition(": ")[0] in NOTES}
    assert told == {"1.18", "1.19"}


def test_only_the_upgrade_that_ends_the_config_map_reports_its_end(refs: References) -> None:
    def told(old: str, new: str) -> bool:
        return any("cni-configuration" in text for text in between(refs, old, new).cautions)

    assert told("1.18.12", "1.19.6")
    assert not told("1.19.6", "1.20.0")


def test_new_warnings_of_the_new_version_are_reported(refs: References) -> None:
    cautions = between(refs, "1.19.6", "1.20.0").cautions
    assert any("single addresses of a prefix back; Cilium 1.20.2 fixes it" in text for text in cautions)
    assert not any(
        "single addresses of a prefix back" in text for text in between(refs, "1.18.12", "1.19.6").cautions
    )


def test_a_registry_of_ones_own_needs_the_new_images_first(refs: References) -> None:
    values = CiliumValues(image_registry="registry.example.com/mirror")
    last = between(refs, "1.18.12", "1.19.6", values).cautions[-1]
    assert last == "copy the images of 1.19.6 to registry.example.com/mirror before you deploy"


def test_the_notes_are_of_minors_that_can_be_entered_oldest_first() -> None:
    assert list(NOTES) == [minor for minor in minors()[1:] if minor in NOTES]


def test_typed_values_that_move_are_reported(refs: References) -> None:
    values = CiliumValues(ipam=Ipam(pre_allocate=4), hubble=Hubble(metrics=("drop",)))
    found = written(between(refs, "1.18.12", "1.19.6", values))
    assert found["ipam.nodeSpec.ipamPreAllocate"] == (MISSING, 4)
    assert "hubble.metrics.enabled" not in found
