"""What the guides say of Cilium's values, compared with the rules that judge them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest

from cdk_eks_cilium.settings import load
from cdk_eks_cilium.settings.conversion import cilium_values
from cdk_eks_cilium.values import (
    CiliumValues,
    Egress,
    Hubble,
    HubbleTls,
    Issuer,
    References,
    helm_values,
    warnings,
)
from cdk_eks_cilium.values.rendering.merge import leaves
from cdk_eks_cilium.values.rules.combinations import combination_problems
from cdk_eks_cilium.values.rules.owned import owned
from cdk_eks_cilium.versions import CiliumVersion
from scripts import values_reference
from tests.docs.blocks import ROOT, blocks_of

REFS = References(
    cluster_name="shop", operator_role_arn="ROLE", subnet_ids=("subnet-a",), api_server_host="HOST"
)
REPLACED: dict[str, Any] = {"kube_proxy_replacement": True}


@cache
def guide(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def section(name: str, title: str) -> str:
    """The text below a heading, up to the next one."""
    return re.split(r"^#+ ", guide(name).split(f"# {title}\n", 1)[1], maxsplit=1, flags=re.M)[0]


def test_the_large_example_gives_the_one_warning_that_the_guide_names(tmp_path: Any) -> None:
    (block,) = (b for b in blocks_of(ROOT / "docs/values.md") if "gateway_api" in b.text)
    file = tmp_path / "settings.yaml"
    file.write_text(block.text, encoding="utf-8")
    values = cilium_values(load(file))
    (warning,) = warnings(values, CiliumVersion.DEFAULT)
    assert warning.startswith("gateway_api: the CRDs of Gateway API must be in the cluster before")
    rendered = helm_values(values, CiliumVersion.DEFAULT, REFS)
    assert rendered["gatewayAPI"] == {"enabled": True}
    assert rendered["operator"]["tolerations"][-1]["key"] == "example.com/platform"
    assert rendered["hubble"]["relay"]["tolerations"] == rendered["hubble"]["ui"]["tolerations"]


def test_the_table_cannot_describe_a_value_that_only_later_patches_take() -> None:
    late = CiliumValues(profile="article")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values_reference, "problems", lambda _, version: [] if version.release[2] > 3 else [1])
        with pytest.raises(ValueError, match=r"neither all patches of 1\.12 nor its first ones"):
            values_reference._tried(late, "1.12")


def test_every_value_that_overrides_may_not_set_is_in_the_guides() -> None:
    pages = guide("values.md") + guide("values-fields.md")
    assert not [path for path in owned(CiliumVersion.V1_20) if f"`{'.'.join(path)}`" not in pages]


CAUGHT = [
    CiliumValues(hubble=Hubble(tls=HubbleTls(method="certmanager", issuer=Issuer(name="ca")))),
    CiliumValues(gateway_api=True, masquerade="ebpf", **REPLACED),
    CiliumValues(encryption="ipsec", egress=Egress.pod(), **REPLACED),
    CiliumValues(policy_enforcement="never", l7_proxy=False, hubble=Hubble(metrics=("dns",))),
    CiliumValues(policy_enforcement="always", overrides={"ipv6": {"enabled": True}}),
]


def test_every_value_that_is_warned_of_is_in_the_guide() -> None:
    shown = {
        warning.partition(":")[0]
        for values in CAUGHT
        for version in (CiliumVersion.V1_17, CiliumVersion.V1_20)
        for warning in warnings(values, version)
    }
    assert len(shown) == 13
    text = section("values.md", "Warned of") + section("values.md", "Known faults of releases")
    cells = re.findall(r"^\| (.*?) \|", text, re.M)
    keys = {key for key in shown if not key.startswith("Cilium ")}
    assert not [key for key in keys if not any(key in cell for cell in cells)]
    assert {key for key in shown if key.startswith("Cilium ")} == {
        "Cilium 1.17.18 has reached its end of life",
    }


COMBINED = [
    CiliumValues(
        masquerade="ebpf", gateway_api=True, ingress_controller={}, host_routing="ebpf", l7_proxy=False
    ),
    CiliumValues(egress=Egress.pod(), masquerade="ebpf", **REPLACED),
    CiliumValues(encryption="ipsec", host_firewall=True, bandwidth_manager={"bbr": True}),
]


def test_every_combination_that_is_refused_is_in_the_guide() -> None:
    refused = {found.where for values in COMBINED for found in combination_problems(values, "cilium")}
    assert len(refused) == 8
    cells = re.findall(r"^\| (.*?) \|", section("values.md", "Refused"), re.M)
    assert not [
        where for where in refused if not any(where.removeprefix("cilium.") in cell for cell in cells)
    ]


@pytest.mark.parametrize("name", ["addressing.md", "settings.md", "values.md", "values-fields.md"])
def test_a_link_to_a_section_leads_to_a_heading(name: str) -> None:
    links = re.findall(r"\]\(([a-z-]+\.md)?#([^)]+)\)", guide(name))
    assert links
    for page, target in links:
        headings = re.findall(r"^#+ (.+)$", guide(page or name), re.M)
        anchors = {re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-") for each in headings}
        assert target in anchors, f"{page}#{target}"


def test_the_guide_from_the_article_explains_every_key_of_both() -> None:
    then = helm_values(CiliumValues(profile="article"), CiliumVersion.ARTICLE, REFS)
    today = helm_values(CiliumValues(), CiliumVersion.DEFAULT, REFS)
    words = set(
        re.findall(r"`([A-Za-z0-9./-]+)(?::[^`]*)?`", section("from-the-article.md", "What the article set"))
    )
    words |= set(
        re.findall(
            r"`([A-Za-z0-9./-]+)(?::[^`]*)?`", section("from-the-article.md", "What it left to the chart")
        )
    )
    for path in {path for values in (then, today) for path, _ in leaves(values)}:
        key = ".".join(path)
        assert key in words or key.removeprefix("eni.eniTags.") in words, key
