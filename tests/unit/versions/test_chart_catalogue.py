from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from cdk_eks_cilium.problems import MISSING, InputError
from cdk_eks_cilium.versions import Catalogue, CiliumVersion, Key, differences, known_versions, minors
from cdk_eks_cilium.versions.chart_catalogue import CHANGING, DATA_FILE, charts

DATA = Path(__file__).parents[3] / "constructs/cdk_eks_cilium/versions" / DATA_FILE


def of(number: str) -> Catalogue:
    return Catalogue.of(CiliumVersion.of(number))


def test_a_key_has_its_type_and_its_default() -> None:
    assert of("1.19.6").find("eni.gcInterval") == Key("eni.gcInterval", frozenset({"string"}), default="")


@pytest.mark.parametrize(
    ("number", "default"), [("1.12.1", False), ("1.13.18", False), ("1.14.0", True), ("1.17.18", True)]
)
def test_a_default_is_that_of_the_version(number: str, default: bool) -> None:
    key = of(number).find("eni.updateEC2AdapterLimitViaAPI")
    assert key is not None
    assert key.default is default


def test_a_key_that_is_gone_is_not_found() -> None:
    assert of("1.18.0").find("eni.updateEC2AdapterLimitViaAPI") is None


def test_a_type_is_that_of_the_version() -> None:
    types = [of(number).find("eni.instanceTagsFilter").types for number in ("1.12.1", "1.13.18")]  # type: ignore[union-attr]
    assert types == [{"string"}, {"list"}]


def test_a_key_that_stands_in_a_comment_alone_is_known_without_default() -> None:
    key = of("1.19.6").find("egressMasqueradeInterfaces")
    assert key is not None
    assert key.default is MISSING
    assert key.types == {"bool", "int", "number", "string"}


def test_a_schema_tells_more_types_than_the_default() -> None:
    key = of("1.19.6").find("eni.nodeSpec.firstInterfaceIndex")
    assert key is not None
    assert key.types == {"int", "null"}
    assert key.default is None


def test_a_schema_tells_the_elements_of_a_list_and_the_only_values() -> None:
    catalogue = of("1.19.6")
    agents = catalogue.find("securityContext.capabilities.ciliumAgent")
    medium = catalogue.find("clustermesh.apiserver.etcd.storageMedium")
    assert agents is not None
    assert agents.items == {"string"}
    assert medium is not None
    assert (medium.types, medium.choices) == (frozenset(), ("Disk", "Memory"))


@pytest.mark.parametrize(
    "path", ["nodeSelector", "resources", "podAnnotations", "eni.eniTags", "extraConfig"]
)
@pytest.mark.parametrize("minor", minors())
def test_a_mapping_of_the_user_is_open(minor: str, path: str) -> None:
    key = Catalogue.of(minor).find(path)
    assert key is not None
    assert key.open


@pytest.mark.parametrize("path", ["eni", "hubble", "hubble.relay", "cni", "ipam.operator", "operator"])
@pytest.mark.parametrize("minor", minors())
def test_a_section_of_the_chart_is_closed(minor: str, path: str) -> None:
    key = Catalogue.of(minor).find(path)
    assert key is not None
    assert not key.open


def test_a_key_that_no_template_reads_says_so() -> None:
    read = [of(number).find("encryption.ipsec.interface").read for number in ("1.19.6", "1.20.0")]  # type: ignore[union-attr]
    assert read == [True, False]


def test_the_tag_of_an_image_is_not_recorded() -> None:
    catalogue = of("1.19.6")
    assert catalogue.find("image.tag").default is CHANGING  # type: ignore[union-attr]
    assert catalogue.find("operator.image.awsDigest").default is CHANGING  # type: ignore[union-attr]
    assert catalogue.find("image.useDigest").default is True  # type: ignore[union-attr]
    assert repr(CHANGING) == "the default of the release"


def test_a_minor_stands_for_its_newest_patch() -> None:
    assert Catalogue.of("1.19").version == CiliumVersion.V1_19


def test_an_unknown_minor_is_refused() -> None:
    with pytest.raises(InputError, match=r"must be a minor of Cilium known here, got '1\.11'"):
        Catalogue.of("1.11")


def test_a_patch_newer_than_the_data_has_the_keys_of_the_newest() -> None:
    assert list(of("1.19.99")) == list(of("1.19.6"))


@pytest.mark.parametrize(
    ("number", "path", "comes", "gone", "first"),
    [
        ("1.18.12", "eni.nodeSpec", "1.19", None, "1.19"),
        ("1.19.6", "eni.nodeSpec", None, None, "1.19"),
        ("1.19.6", "tunnel", None, "1.15", "1.12"),
        ("1.14.19", "tunnel", None, None, "1.12"),
        ("1.13.0", "encryption.ipsec.keyWatcher", "1.13.4", "1.13", "1.12.11"),
        ("1.18.0", "externalIPs.enabled", None, "1.17.6", "1.12"),
        ("1.19.6", "never", None, None, None),
    ],
)
def test_the_catalogue_says_since_when_and_until_when(
    number: str, path: str, comes: str | None, gone: str | None, first: str | None
) -> None:
    catalogue = of(number)
    assert (catalogue.comes_in(path), catalogue.removed_in(path), catalogue.first_in(path)) == (
        *(comes, gone, first),
    )


def test_the_last_state_of_a_key_outlives_it() -> None:
    key = of("1.20.0").last_key("tunnel")
    assert key is not None
    assert key.default == ""
    assert of("1.20.0").last_key("never") is None


def test_defaults_are_those_of_the_values_file() -> None:
    defaults = {key.path: key.default for key in of("1.19.6") if key.default is not MISSING}
    assert defaults["operator.replicas"] == 2
    assert "egressMasqueradeInterfaces" not in defaults
    assert "hubble.relay" not in defaults


def changed(old: str, new: str) -> dict[str, frozenset[str]]:
    found = differences(CiliumVersion.of(old), CiliumVersion.of(new))
    return {each.path: each.kinds for each in found}


def test_differences_tell_what_came_went_and_flipped() -> None:
    found = changed("1.17.18", "1.18.12")
    assert found["eni.updateEC2AdapterLimitViaAPI"] == {"removed"}
    assert found["cni.iptablesRemoveAWSRules"] == {"added"}
    assert found["enableIPv4Masquerade"] == {"default", "types"}
    assert "eni.gcInterval" not in found
    assert changed("1.19.6", "1.20.0")["encryption.ipsec.interface"] == {"read"}


def test_a_release_does_not_differ_from_itself() -> None:
    assert differences(CiliumVersion.DEFAULT, CiliumVersion.DEFAULT) == ()


def test_the_data_is_of_every_release_that_can_be_chosen() -> None:
    found: dict[str, list[int]] = {}
    for version in known_versions():
        found.setdefault(version.minor, []).append(version.release[2])
    assert {minor: list(patches) for minor, patches in charts().items()} == found


def test_every_state_of_every_key_can_be_read() -> None:
    for version in known_versions():
        for key in Catalogue.of(version):
            assert key.types or key.choices, key


def test_the_data_is_sorted_and_has_each_key_once() -> None:
    lines = [line for line in DATA.read_text().splitlines() if not line.startswith("#")]
    paths = [line.split("\t")[0] for line in lines]
    assert paths == sorted(set(paths))


def test_no_state_of_the_data_repeats_the_one_before() -> None:
    for line in DATA.read_text().splitlines():
        states = [column.split(" ", 1)[1] for column in line.split("\t")[1:]]
        assert all(old != new for old, new in pairwise(states)), line


def test_every_key_lies_in_a_section_of_the_same_version() -> None:
    for minor in minors():
        paths = {key.path: key for key in Catalogue.of(minor)}
        for path in paths:
            above = path.rpartition(".")[0]
            assert not above or "map" in paths[above].types, f"{minor}: {path}"


@pytest.mark.parametrize(
    ("meant", "given"),
    [
        ("eni.awsEnablePrefixDelegation", "eni.awsEnablePrefixDelegaton"),
        ("eni.awsEnablePrefixDelegation", "eni.prefixDelegation"),
        ("eni.awsEnablePrefixDelegation", "prefixDelegation"),
        ("eni.nodeSpec.subnetIDs", "eni.subnetIDs"),
        ("eni.nodeSpec.firstInterfaceIndex", "firstInterfaceIndex"),
        ("encryption.nodeEncryption", "nodeEncryption"),
        ("hubble.relay", "hubble.rely"),
        ("hubble.relay.replicas", "hubble.relay.replica"),
        ("bpf.mapDynamicSizeRatio", "bpf.map_dynamic_size_ratio"),
        ("kubeProxyReplacement", "kubeproxyreplacement"),
        ("operator.nodeSelector", "operator.nodeselectors"),
        ("hubble.relay", "relay"),
        ("MTU", "mtu"),
        (None, "foo"),
        (None, "foo.enabled"),
        (None, "global"),
    ],
)
def test_the_nearest_key_is_the_one_that_was_meant(meant: str | None, given: str) -> None:
    assert of("1.19.6").nearest(given) == meant


def opened(code: str) -> bool:
    """Whether *code* opens the data file, in an interpreter of its own."""
    watch = f"""
import sys
seen = []
sys.addaudithook(lambda event, args: seen.append(str(args[0])) if event == "open" else None)
{code}
print(any(name.endswith("{DATA_FILE}") for name in seen))
"""
    done = subprocess.run([sys.executable, "-c", watch], capture_output=True, text=True, check=True)
    return {"True\n": True, "False\n": False}[done.stdout]


@pytest.mark.parametrize(("judged", "read"), [("", False), ("problems(CiliumValues(), version)", True)])
def test_the_data_is_read_only_where_something_is_to_check(judged: str, read: bool) -> None:
    code = f"""
from cdk_eks_cilium.values import CiliumValues, problems
from cdk_eks_cilium.versions import CiliumVersion
version = CiliumVersion.DEFAULT
{judged}
"""
    assert opened(code) is read
