from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from cdk_eks_cilium.problems import InputError
from cdk_eks_cilium.values import (
    CiliumValues,
    Egress,
    Encryption,
    Eni,
    Hubble,
    HubbleTls,
    Issuer,
    Operator,
    References,
    helm_values,
    hubble_certificate_days,
)
from cdk_eks_cilium.values.rendering.merge import merged
from cdk_eks_cilium.versions import CiliumVersion
from tests.releases import NUMBERS

every_version = pytest.mark.parametrize(
    "version", [CiliumVersion.of(number) for number in NUMBERS], ids=NUMBERS
)


@every_version
def test_eni_mode_is_on_with_prefixes_role_and_tags(version: CiliumVersion, refs: References) -> None:
    eni = helm_values(CiliumValues(), version, refs)["eni"]
    assert eni["enabled"] is True
    assert eni["awsEnablePrefixDelegation"] is True
    assert eni["awsReleaseExcessIPs"] is True
    assert eni["iamRole"] == "arn:aws:iam::123456789012:role/demo-cilium"
    assert eni["eniTags"] == {"io.cilium/cluster-name": "demo", "io.cilium/cilium-managed": "true"}


def test_typed_values_are_written_from_1_18_on(refs: References) -> None:
    values = CiliumValues(host_firewall=True)
    assert helm_values(values, CiliumVersion.of("1.18.0"), refs)["hostFirewall"] == {"enabled": True}
    with pytest.raises(
        InputError, match=r"cilium\.host_firewall: is for Cilium 1\.18 and newer, not 1\.17\.18"
    ):
        helm_values(values, CiliumVersion.V1_17, refs)


@every_version
def test_limits_come_from_ec2_up_to_1_17_with_a_key_that_1_18_removed(
    version: CiliumVersion, refs: References
) -> None:
    eni = helm_values(CiliumValues(), version, refs)["eni"]
    if version.at_least("1.18"):
        assert "updateEC2AdapterLimitViaAPI" not in eni
    else:
        assert eni["updateEC2AdapterLimitViaAPI"] is True


@every_version
def test_routing_is_native_by_the_key_the_chart_knows(version: CiliumVersion, refs: References) -> None:
    rendered = helm_values(CiliumValues(), version, refs)
    keys = {key: rendered[key] for key in ("tunnel", "routingMode", "ipam") if key in rendered}
    if version.at_least("1.19"):
        assert keys == {}
    elif version.at_least("1.14"):
        assert keys == {"routingMode": "native", "ipam": {"mode": "eni"}}
    else:
        assert keys == {"tunnel": "disabled", "ipam": {"mode": "eni"}}


@every_version
def test_subnets_are_written_once_in_the_config_map_or_in_the_values(
    version: CiliumVersion, refs: References
) -> None:
    rendered = helm_values(CiliumValues(eni=Eni(first_interface_index=2)), version, refs)
    if version.at_least("1.19"):
        assert rendered["eni"]["nodeSpec"] == {
            "firstInterfaceIndex": 2,
            "subnetIDs": ["subnet-a", "subnet-b"],
        }
        assert "cni" not in rendered
        assert "podAnnotations" not in rendered
    else:
        assert "nodeSpec" not in rendered["eni"]
        custom = {} if version.at_least("1.14") else {"customConf": True}
        assert rendered["cni"] == {"configMap": "cni-configuration", **custom}


@every_version
def test_node_egress_translates_on_the_named_interface(version: CiliumVersion, refs: References) -> None:
    rendered = helm_values(CiliumValues(egress=Egress.node("ens5")), version, refs)
    assert rendered["egressMasqueradeInterfaces"] == "ens5"
    assert rendered.get("enableIPv4Masquerade") is (True if version.at_least("1.18") else None)


@every_version
def test_pod_egress_translates_nothing_and_says_so(version: CiliumVersion, refs: References) -> None:
    rendered = helm_values(CiliumValues(egress=Egress.pod()), version, refs)
    assert rendered["enableIPv4Masquerade"] is False
    assert "egressMasqueradeInterfaces" not in rendered


@every_version
@pytest.mark.parametrize("egress", [Egress.node(), Egress.pod()], ids=["node", "pod"])
def test_replacing_kube_proxy_names_the_api_server(
    version: CiliumVersion, egress: Egress, refs: References
) -> None:
    rendered = helm_values(CiliumValues(kube_proxy_replacement=True, egress=egress), version, refs)
    assert rendered["kubeProxyReplacement"] == (True if version.at_least("1.14") else "strict")
    assert type(rendered["kubeProxyReplacement"]) is (bool if version.at_least("1.14") else str)
    assert rendered["k8sServiceHost"] == "ABC.gr7.eu-west-1.eks.amazonaws.com"
    assert rendered["k8sServicePort"] == "443"


@every_version
def test_with_kube_proxy_the_api_server_is_not_named(version: CiliumVersion, refs: References) -> None:
    rendered = helm_values(CiliumValues(), version, refs)
    assert not {"kubeProxyReplacement", "k8sServiceHost", "k8sServicePort"} & rendered.keys()


@every_version
def test_every_roll_out_switch_of_the_chart_is_on(version: CiliumVersion, refs: References) -> None:
    rendered = helm_values(CiliumValues(), version, refs)
    assert rendered["rollOutCiliumPods"] is True
    assert rendered["operator"]["rollOutPods"] is True
    assert rendered["hubble"]["relay"]["rollOutPods"] is True
    assert rendered["hubble"]["ui"]["rollOutPods"] is True
    assert rendered.get("envoy") == ({"rollOutPods": True} if version.at_least("1.14") else None)
    assert rendered.get("standaloneDnsProxy") == ({"rollOutPods": True} if version.at_least("1.19") else None)


@every_version
def test_a_job_renews_certificates_only_where_it_is_not_a_hook(
    version: CiliumVersion, refs: References
) -> None:
    auto = helm_values(CiliumValues(), version, refs)["hubble"]["tls"]["auto"]
    if version.at_least("1.19"):
        assert auto == {"method": "cronJob"}
    else:
        assert auto == {"method": "helm", "certValidityDuration": 365}


@every_version
def test_the_life_of_certificates_is_known_where_only_a_deploy_renews_them(version: CiliumVersion) -> None:
    expected = None if version.at_least("1.19") else 365
    assert hubble_certificate_days(CiliumValues(), version) == expected


def test_the_life_of_certificates_follows_the_values() -> None:
    def days(tls: HubbleTls, version: CiliumVersion = CiliumVersion.V1_18) -> int | None:
        return hubble_certificate_days(CiliumValues(hubble=Hubble(tls=tls)), version)

    assert days(HubbleTls(validity_days=90)) == 90
    assert days(HubbleTls(method="helm"), CiliumVersion.V1_19) == 365
    assert days(HubbleTls(method="certmanager", issuer=Issuer(name="ca"))) is None


def test_without_the_relay_certificates_have_no_life_to_tell() -> None:
    values = CiliumValues(hubble=Hubble(relay=False, ui=False))
    assert hubble_certificate_days(values, CiliumVersion.V1_18) is None


def test_the_article_s_certificates_last_three_years() -> None:
    assert hubble_certificate_days(CiliumValues(profile="article"), CiliumVersion.ARTICLE) == 1095


@every_version
def test_node_init_is_not_installed(version: CiliumVersion, refs: References) -> None:
    assert "nodeinit" not in helm_values(CiliumValues(), version, refs)


def test_relay_and_ui_follow_the_typed_values(refs: References) -> None:
    hubble = helm_values(CiliumValues(hubble=Hubble(ui=False)), CiliumVersion.DEFAULT, refs)["hubble"]
    assert (hubble["relay"]["enabled"], hubble["ui"]["enabled"]) == (True, False)


def test_encryption_is_written_only_when_chosen(refs: References) -> None:
    assert "encryption" not in helm_values(CiliumValues(), CiliumVersion.DEFAULT, refs)
    rendered = helm_values(CiliumValues(encryption=Encryption()), CiliumVersion.DEFAULT, refs)
    assert rendered["encryption"] == {"enabled": True, "type": "wireguard"}


def test_addresses_and_replicas_follow_the_typed_values(refs: References) -> None:
    values = CiliumValues(
        eni=Eni(prefix_delegation=False, release_excess_ips=False), operator=Operator(replicas=1)
    )
    rendered = helm_values(values, CiliumVersion.DEFAULT, refs)
    assert rendered["eni"]["awsEnablePrefixDelegation"] is False
    assert rendered["eni"]["awsReleaseExcessIPs"] is False
    assert rendered["operator"]["replicas"] == 1


def test_without_a_role_the_service_account_is_not_annotated(refs: References) -> None:
    rendered = helm_values(CiliumValues(), CiliumVersion.DEFAULT, replace(refs, operator_role_arn=None))
    assert "iamRole" not in rendered["eni"]


def test_the_default_on_1_19_is_exactly_this(refs: References) -> None:
    assert helm_values(CiliumValues(), CiliumVersion.DEFAULT, refs) == {
        "cluster": {"name": "demo"},
        "egressMasqueradeInterfaces": "eth0",
        "enableIPv4Masquerade": True,
        "eni": {
            "enabled": True,
            "awsEnablePrefixDelegation": True,
            "awsReleaseExcessIPs": True,
            "eniTags": {"io.cilium/cluster-name": "demo", "io.cilium/cilium-managed": "true"},
            "iamRole": "arn:aws:iam::123456789012:role/demo-cilium",
            "nodeSpec": {"firstInterfaceIndex": 1, "subnetIDs": ["subnet-a", "subnet-b"]},
        },
        "envoy": {"rollOutPods": True},
        "hubble": {
            "relay": {"enabled": True, "rollOutPods": True},
            "ui": {"enabled": True, "rollOutPods": True},
            "tls": {"auto": {"method": "cronJob"}},
        },
        "operator": {"replicas": 2, "rollOutPods": True},
        "rollOutCiliumPods": True,
        "standaloneDnsProxy": {"rollOutPods": True},
    }


def test_the_article_s_profile_is_the_article_and_nothing_else(refs: References) -> None:
    assert helm_values(CiliumValues(profile="article"), CiliumVersion.ARTICLE, refs) == {
        "cni": {"configMap": "cni-configuration", "customConf": True},
        "egressMasqueradeInterfaces": "eth0",
        "eni": {
            "enabled": True,
            "iamRole": "arn:aws:iam::123456789012:role/demo-cilium",
            "updateEC2AdapterLimitViaAPI": True,
            "awsEnablePrefixDelegation": True,
            "awsReleaseExcessIPs": True,
        },
        "hubble": {"relay": {"enabled": True}, "ui": {"enabled": True}},
        "ipam": {"mode": "eni"},
        "nodeinit": {"enabled": True},
        "tunnel": "disabled",
    }


def test_overrides_are_laid_over_the_rest(refs: References) -> None:
    overrides: dict[str, Any] = {
        "bpf": {"mapDynamicSizeRatio": 0.005},
        "eni": {"gcInterval": "1m", "eniTags": {"team": "net"}},
        "operator": {"rollOutPods": False},
        "hubble": {"export": {"static": {"filePath": None}}},
    }
    rendered = helm_values(CiliumValues(overrides=overrides), CiliumVersion.DEFAULT, refs)
    assert rendered["bpf"] == {"mapDynamicSizeRatio": 0.005}
    assert rendered["eni"]["gcInterval"] == "1m"
    assert rendered["eni"]["eniTags"]["team"] == "net"
    assert rendered["eni"]["eniTags"]["io.cilium/cluster-name"] == "demo"
    assert rendered["operator"] == {"replicas": 2, "rollOutPods": False}
    assert rendered["hubble"]["export"] == {"static": {"filePath": None}}


def test_merging_replaces_lists_and_changes_neither_side() -> None:
    base: dict[str, Any] = {"a": {"x": [1, 2]}, "b": 1}
    other: dict[str, Any] = {"a": {"x": [3], "y": {"z": 1}}}
    result = merged(base, other)
    assert result == {"a": {"x": [3], "y": {"z": 1}}, "b": 1}
    result["a"]["x"].append(4)
    result["a"]["y"]["z"] = 2
    assert base == {"a": {"x": [1, 2]}, "b": 1}
    assert other == {"a": {"x": [3], "y": {"z": 1}}}


@every_version
def test_tokens_survive_as_they_are(version: CiliumVersion) -> None:
    token = "${Token[TOKEN.{}]}"
    names = [token.replace("{}", str(number)) for number in range(4)]
    refs = References(
        cluster_name=names[0], operator_role_arn=names[1], subnet_ids=(names[2],), api_server_host=names[3]
    )
    text = json.dumps(helm_values(CiliumValues(kube_proxy_replacement=True), version, refs))
    assert all(name in text for name in names)
