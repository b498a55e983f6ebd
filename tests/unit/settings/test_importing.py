from __future__ import annotations

from typing import Any

import pytest
import yaml

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.settings import ImportedSettings, cilium_values, import_settings, parse
from cdk_eks_cilium.values.importing import Source
from cdk_eks_cilium.versions import CiliumVersion

ENI: dict[str, Any] = {"eni": {"enabled": True, "awsEnablePrefixDelegation": True}, "ipam": {"mode": "eni"}}


def imported(number: str = "1.18.12", given: dict[str, str] | None = None, **values: Any) -> ImportedSettings:
    return import_settings(Source({**ENI, **values}), CiliumVersion.of(number), given)


def test_the_text_the_data_and_the_settings_are_the_same_settings() -> None:
    found = imported(
        hubble={"metrics": {"enabled": ["drop"]}}, loadBalancer={"algorithm": "maglev"}, l7Proxy=False
    )
    assert parse(yaml.safe_load(found.text)) == found.settings == parse(found.data)
    assert cilium_values(found.settings).overrides == {"loadBalancer": {"algorithm": "maglev"}}


def test_the_name_of_the_cluster_is_kept_unless_another_is_given() -> None:
    assert imported(cluster={"name": "shop"}).settings.name == "shop"
    assert imported(given={"name": "other"}, cluster={"name": "shop"}).settings.name == "other"
    assert imported(cluster={"name": "${var.name}"}).settings.name == "platform"


def test_what_is_given_is_checked() -> None:
    with pytest.raises(InputError, match="account: must be an account id of 12 digits"):
        imported(given={"account": "1"})


@pytest.mark.parametrize("number", ["1.19.6", "1.20.0"])
def test_pods_find_room_without_prefixes_too(number: str) -> None:
    found = imported(number, eni={"enabled": True, "nodeSpec": {"firstInterfaceIndex": 2}})
    assert found.settings.node_groups[0].instance_types == ["m6i.xlarge"]
    assert found.findings[-1].key == "node_groups[0].instance_types"


def test_encryption_is_written_in_short() -> None:
    found = imported(encryption={"enabled": True, "type": "wireguard"})
    assert found.data["cilium"]["encryption"] == "wireguard"


def test_a_value_that_only_the_whole_settings_refuse_is_dropped() -> None:
    # A tag key that is valid in a chart, and not in AWS.
    found = imported(eni={**ENI["eni"], "eniTags": {"team": "platform"}})
    assert found.settings.cilium.eni.tags == {"team": "platform"}
