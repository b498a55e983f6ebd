"""What docs/from-the-article.md says of Cilium's charts, asked of the charts."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values import CiliumValues, References, helm_values
from cdk_eks_cilium.versions import CiliumVersion
from rehearsal.charts.template import ChartError
from tests.charts.versions import NUMBERS, Render, charts_or_skip, every_version

charts_or_skip()

REFS = References(cluster_name="demo", operator_role_arn="ROLE", subnet_ids=("subnet-a",))


def article(**instead_of_tunnel: Any) -> dict[str, Any]:
    values = helm_values(CiliumValues(profile="article"), CiliumVersion.ARTICLE, REFS)
    if instead_of_tunnel:
        del values["tunnel"]
    return {**values, **instead_of_tunnel}


@every_version
def test_the_article_s_values_fail_from_1_15_on_for_the_tunnel_alone(number: str, render: Render) -> None:
    if not CiliumVersion.of(number).at_least("1.15"):
        assert render(number, article()).config["ipam"] == "eni"
        return
    with pytest.raises(ChartError, match="tunnel was deprecated"):
        render(number, article())
    assert render(number, article(routingMode="native")).config["routing-mode"] == "native"


@pytest.mark.parametrize("number", NUMBERS[:3])
def test_1_12_and_1_13_ignore_the_new_key_and_keep_their_tunnels(number: str, render: Render) -> None:
    assert render(number, article(routingMode="native")).config["tunnel"] == "vxlan"


@every_version
def test_eni_implies_its_addresses_and_native_routing_from_1_19_on(number: str, render: Render) -> None:
    config = render(number, {"eni": {"enabled": True}}).config
    implied = CiliumVersion.of(number).at_least("1.19")
    assert (config["ipam"] == "eni") is implied
    assert (config.get("routing-mode") == "native") is implied


@pytest.mark.parametrize("number", NUMBERS[3:])
def test_the_interface_alone_translates_nothing_from_1_18_on(number: str, render: Render) -> None:
    config = render(number, article(routingMode="native")).config
    assert config["egress-masquerade-interfaces"] == "eth0"
    on = not CiliumVersion.of(number).at_least("1.18")
    assert config["enable-ipv4-masquerade"] == str(on).lower()


@pytest.mark.parametrize("number", NUMBERS[3:])
def test_from_1_18_on_the_limits_of_instances_are_not_an_option(number: str, render: Render) -> None:
    config = render(number, article(routingMode="native")).config
    gone = CiliumVersion.of(number).at_least("1.18")
    assert ("update-ec2-adapter-limit-via-api" not in config) is gone
