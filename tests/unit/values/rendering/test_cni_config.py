from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cdk_eks_cilium.values import CiliumValues, Eni, Ipam, References, cni_config_map, helm_values
from cdk_eks_cilium.values.rendering.cni_config import ANNOTATION, agent_annotations
from cdk_eks_cilium.versions import CiliumVersion
from tests.releases import before, since

OLD = before("1.19")
NEW = ["1.19.0", *since("1.19")]


@pytest.mark.parametrize("number", OLD)
def test_below_1_19_the_config_map_tells_the_agents_where_pods_live(number: str, refs: References) -> None:
    manifest = cni_config_map(CiliumValues(eni=Eni(first_interface_index=2)), CiliumVersion.of(number), refs)
    assert manifest is not None
    assert manifest["metadata"] == {"name": "cni-configuration", "namespace": "kube-system"}
    assert (manifest["apiVersion"], manifest["kind"], list(manifest["data"])) == (
        "v1",
        "ConfigMap",
        ["cni-config"],
    )
    assert json.loads(manifest["data"]["cni-config"]) == {
        "cniVersion": "0.3.1",
        "name": "cilium",
        "plugins": [
            {
                "cniVersion": "0.3.1",
                "type": "cilium-cni",
                "eni": {"subnet-ids": ["subnet-a", "subnet-b"], "first-interface-index": 2},
            }
        ],
    }


@pytest.mark.parametrize("number", NEW)
def test_from_1_19_there_is_no_config_map(number: str, refs: References) -> None:
    version = CiliumVersion.of(number)
    assert cni_config_map(CiliumValues(), version, refs) is None
    assert "podAnnotations" not in helm_values(CiliumValues(), version, refs)


def test_the_article_s_profile_has_the_config_map_too(refs: References) -> None:
    manifest = cni_config_map(CiliumValues(profile="article"), CiliumVersion.ARTICLE, refs)
    assert manifest == cni_config_map(CiliumValues(), CiliumVersion.ARTICLE, refs)


def test_tokens_in_subnet_ids_stay_whole(refs: References) -> None:
    token = "${Token[TOKEN.123]}"
    manifest = cni_config_map(CiliumValues(), CiliumVersion.V1_18, replace(refs, subnet_ids=(token,)))
    assert manifest is not None
    assert token in manifest["data"]["cni-config"]
    assert token in json.dumps(manifest)


def test_agents_are_annotated_with_the_text_of_the_config_map(refs: References) -> None:
    manifest = cni_config_map(CiliumValues(), CiliumVersion.V1_18, refs)
    assert manifest is not None
    annotations = helm_values(CiliumValues(), CiliumVersion.V1_18, refs)["podAnnotations"]
    assert annotations == {ANNOTATION: manifest["data"]["cni-config"]}


def test_another_subnet_is_another_annotation(refs: References) -> None:
    values = CiliumValues()
    other = agent_annotations(values, replace(refs, subnet_ids=("subnet-a", "subnet-c")))
    assert agent_annotations(values, refs) != other


def test_what_a_node_keeps_in_stock_and_its_groups_are_in_the_file_too(refs: References) -> None:
    values = CiliumValues(
        eni=Eni(security_group_ids=("sg-1",), prefix_delegation=False, use_primary_address=True),
        ipam=Ipam(min_allocate=8, pre_allocate=4, static_ip_tags={"pool": "a"}),
    )
    manifest = cni_config_map(values, CiliumVersion.V1_18, refs)
    assert manifest is not None
    (plugin,) = json.loads(manifest["data"]["cni-config"])["plugins"]
    assert plugin["eni"]["security-groups"] == ["sg-1"]
    assert plugin["eni"]["use-primary-address"] is True
    assert plugin["ipam"] == {"min-allocate": 8, "pre-allocate": 4, "static-ip-tags": {"pool": "a"}}
