from __future__ import annotations

from typing import Any

import pytest

from cdk_eks_cilium.values import Encryption, problems
from cdk_eks_cilium.values.importing import Imported, import_values
from cdk_eks_cilium.versions import CiliumVersion

ENI: dict[str, Any] = {"eni": {"enabled": True, "awsEnablePrefixDelegation": True}, "ipam": {"mode": "eni"}}


def imported(number: str = "1.18.12", given: dict[str, Any] | None = None, **values: Any) -> Imported:
    """The import of ENI values with further ones."""
    return import_values({**ENI, **(given or {}), **values}, CiliumVersion.of(number))


def became(found: Imported, key: str) -> list[str]:
    """What became of a chart value: the kinds of its findings."""
    return [each.kind for each in found.findings if each.key == key]


def told(found: Imported, key: str) -> str:
    (text,) = (each.text for each in found.findings if each.key == key and each.kind != "renamed")
    return text


def test_a_chart_value_with_a_field_becomes_typed() -> None:
    found = imported(hubble={"metrics": {"enabled": ["drop", "dns:query"]}}, l7Proxy=False)
    assert found.values.hubble.metrics == ("drop", "dns:query")
    assert found.values.l7_proxy is False
    assert found.overrides == {}
    assert became(found, "l7Proxy") == ["typed"]


def test_a_chart_value_without_a_field_stays_an_override() -> None:
    found = imported(loadBalancer={"algorithm": "maglev"})
    assert found.overrides == {"loadBalancer": {"algorithm": "maglev"}}
    assert became(found, "loadBalancer.algorithm") == ["override"]


def test_a_chart_value_without_a_field_in_an_old_release_stays_an_override() -> None:
    assert imported("1.16.19", l7Proxy=False).overrides == {"l7Proxy": False}


@pytest.mark.parametrize("key", ["ipam.mode", "eni.enabled", "routingMode"])
@pytest.mark.parametrize("number", ["1.16.19", "1.18.12", "1.19.6"])
def test_what_the_deployment_sets_anyway_is_dropped_as_the_same(number: str, key: str) -> None:
    found = imported(number, routingMode="native")
    assert became(found, key) == ["same"]
    assert found.overrides == {}


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"cluster": {"name": "shop"}}, "cluster.name"),
        ({"k8sServiceHost": "example.invalid", "kubeProxyReplacement": True}, "k8sServiceHost"),
        ({"cni": {"configMap": "mine", "customConf": True}}, "cni.configMap"),
        ({"eni": {**ENI["eni"], "iamRole": "arn:aws:iam::111122223333:role/x"}}, "eni.iamRole"),
    ],
)
def test_what_the_deployment_fills_in_is_dropped(values: dict[str, Any], key: str) -> None:
    found = imported(given=values)
    assert became(found, key) == ["deployment"]
    assert found.overrides == {}


def test_a_key_that_no_chart_has_is_dropped_as_unread() -> None:
    found = imported(enterprise={"featureGate": {"approved": ["x"]}})
    assert became(found, "enterprise") == ["unread"]
    assert told(found, "enterprise").startswith("is not a value of Cilium's chart 1.18.12, which ignores it")


def test_a_removed_key_is_dropped_with_the_way_out() -> None:
    found = imported(eni={**ENI["eni"], "updateEC2AdapterLimitViaAPI": True})
    assert told(found, "eni.updateEC2AdapterLimitViaAPI") == (
        "was removed in Cilium's chart 1.18; remove it: the operator always asks EC2"
    )


@pytest.mark.parametrize(
    ("values", "key", "reason"),
    [
        ({"ipam": {"mode": "cluster-pool"}}, "ipam.mode", "pods have VPC addresses and are routed natively"),
        ({"tunnel": "vxlan"}, "routingMode", "pods have VPC addresses and are routed natively"),
        (
            {"cni": {"chainingMode": "aws-cni"}},
            "cni.chainingMode",
            "Cilium is the only CNI of these clusters",
        ),
        (
            {"extraConfig": {"enable-endpoint-routes": "false"}},
            "extraConfig.enable-endpoint-routes",
            "the library answers for this option of the agent",
        ),
    ],
)
def test_what_the_library_owns_and_differs_is_impossible_with_its_reason(
    values: dict[str, Any], key: str, reason: str
) -> None:
    found = imported(given=values)
    assert became(found, key) == ["impossible"]
    assert reason in told(found, key)


def test_a_values_file_for_other_addresses_is_reported_as_one() -> None:
    found = import_values({"hubble": {"relay": {"enabled": True}}}, CiliumVersion.V1_19)
    assert became(found, "eni.enabled") == ["impossible"]


@pytest.mark.parametrize("number", ["1.18.12", "1.19.6", "1.20.0"])
def test_masquerading_is_off_where_the_chart_has_it_off(number: str) -> None:
    found = imported(number, egressMasqueradeInterfaces="eth0")
    assert found.values.egress.kind == "pod"
    assert "set cilium.egress to 'node'" in told(found, "egressMasqueradeInterfaces")


@pytest.mark.parametrize(
    ("number", "values"),
    [
        ("1.17.18", {"egressMasqueradeInterfaces": "eth0"}),
        ("1.18.12", {"egressMasqueradeInterfaces": "eth0", "enableIPv4Masquerade": True}),
        ("1.18.12", {"egressMasqueradeInterfaces": "eth0", "upgradeCompatibility": "1.15"}),
    ],
)
def test_masquerading_is_on_where_chart_or_file_have_it_on(number: str, values: dict[str, Any]) -> None:
    egress = imported(number, given=values).values.egress
    assert (egress.kind, egress.interface) == ("node", "eth0")


@pytest.mark.parametrize("given", ["eth+", "eth0 ens5", ["eth0", "ens5"]])
def test_a_pattern_or_a_list_of_interfaces_is_impossible(given: Any) -> None:
    found = imported(enableIPv4Masquerade=True, egressMasqueradeInterfaces=given)
    assert found.values.egress.interface == "eth0"
    assert "impossible" in became(found, "egressMasqueradeInterfaces")


def test_one_interface_in_a_list_is_that_interface() -> None:
    found = imported(enableIPv4Masquerade=True, egressMasqueradeInterfaces=["ens5"])
    assert found.values.egress.interface == "ens5"


def test_ebpf_masquerading_is_typed_where_kube_proxy_is_replaced() -> None:
    found = imported(
        enableIPv4Masquerade=True, bpf={"masquerade": True}, kubeProxyReplacement=True, devices="ens5"
    )
    assert (found.values.masquerade, found.values.egress.interface) == ("ebpf", "ens5")
    assert found.overrides == {}


def test_ebpf_masquerading_is_impossible_below_the_first_release_with_the_field() -> None:
    found = imported("1.17.18", bpf={"masquerade": True}, kubeProxyReplacement=True)
    assert told(found, "bpf.masquerade").startswith("is for Cilium 1.18 and newer, not 1.17.18")


@pytest.mark.parametrize(
    ("given", "expected"),
    [("strict", True), ("true", True), (True, True), ("disabled", False), ("false", False), (False, False)],
)
@pytest.mark.parametrize("number", ["1.13.18", "1.18.12"])
def test_every_spelling_of_the_replacement_of_kube_proxy_is_read(
    number: str, given: Any, expected: bool
) -> None:
    assert imported(number, kubeProxyReplacement=given).values.kube_proxy_replacement is expected


@pytest.mark.parametrize("given", ["partial", "probe"])
def test_a_partial_replacement_of_kube_proxy_is_impossible(given: str) -> None:
    found = imported(kubeProxyReplacement=given)
    assert found.values.kube_proxy_replacement is False
    assert became(found, "kubeProxyReplacement") == ["impossible"]


def test_defaults_of_the_chart_that_differ_from_the_library_s_are_taken_over() -> None:
    values = imported(given={"eni": {"enabled": True}}).values
    assert (values.eni.prefix_delegation, values.hubble.relay, values.hubble.ui) == (False, False, False)


def test_a_renamed_key_is_read_as_its_successor() -> None:
    found = imported(encryption={"enabled": True, "secretName": "mine"}, enableCiliumEndpointSlice=True)
    assert found.values.encryption == Encryption.ipsec("mine")
    assert found.overrides == {"ciliumEndpointSlice": {"enabled": True}}
    assert became(found, "encryption.secretName") == ["renamed"]


def test_text_is_read_as_the_boolean_or_number_that_the_chart_wants() -> None:
    found = imported(operator={"replicas": "3"}, debug={"enabled": "true"})
    assert (found.values.operator.replicas, found.overrides) == (3, {"debug": {"enabled": True}})


def test_what_a_switch_turns_off_is_dropped_with_it() -> None:
    found = imported(bandwidthManager={"enabled": False, "bbr": True}, encryption={"type": "wireguard"})
    assert found.values.bandwidth_manager is None
    assert became(found, "bandwidthManager.bbr") == ["unread"]
    assert became(found, "encryption.type") == ["unread"]


def test_what_the_model_refuses_goes_back_to_the_overrides_if_they_may_have_it() -> None:
    tolerations = [{"key": "x", "operator": "Exists", "tolerationSeconds": 3}]
    found = imported(hubble={"relay": {"tolerations": tolerations}, "ui": {"tolerations": tolerations}})
    assert found.values.hubble.tolerations == ()
    assert found.overrides == {
        "hubble": {"relay": {"tolerations": tolerations}, "ui": {"tolerations": tolerations}}
    }


def test_what_the_model_refuses_is_impossible_where_overrides_may_not_have_it() -> None:
    found = imported(hubble={"metrics": {"enabled": ["drop", "mine"]}})
    assert found.values.hubble.metrics == ()
    assert "is not a collector of Hubble" in told(found, "hubble.metrics.enabled")


def test_values_that_do_not_go_together_lose_the_one_that_a_rule_blames() -> None:
    found = imported(bandwidthManager={"enabled": True, "bbr": True})
    assert found.values.bandwidth_manager is not None
    assert became(found, "bandwidthManager.bbr") == ["impossible"]


def test_the_chart_s_own_tolerations_of_the_operator_are_not_repeated() -> None:
    found = imported(operator={"tolerations": [{"operator": "Exists"}]})
    assert [each.operator for each in found.values.operator.tolerations] == ["Exists"]


def test_one_registry_of_every_image_is_typed_and_any_other_stays_raw() -> None:
    found = imported(image={"repository": "registry.example.com/cilium/cilium"})
    assert found.values.image_registry is None
    assert found.overrides == {"image": {"repository": "registry.example.com/cilium/cilium"}}


@pytest.mark.parametrize(("tag", "kind"), [("v1.17.0", "impossible"), ("v1.18.12", "same")])
def test_a_tag_of_an_image_is_the_release_s(tag: str, kind: str) -> None:
    found = imported(image={"tag": tag})
    assert became(found, "image.tag") == [kind]
    assert found.overrides == {}


def test_an_option_and_its_value_are_dropped_from_arguments_together() -> None:
    found = imported(extraArgs=["--log-level", "debug", "--routing-mode", "tunnel", "--x=1"])
    assert found.overrides == {"extraArgs": ["--log-level", "debug", "--x=1"]}


def test_computed_values_lose_what_is_the_chart_s_default() -> None:
    given = {**ENI, "debug": {"enabled": False}, "loadBalancer": {"algorithm": "maglev"}}
    found = import_values(given, CiliumVersion.V1_18, computed=True)
    assert found.overrides == {"loadBalancer": {"algorithm": "maglev"}}


def test_the_cni_configuration_has_what_old_charts_have_no_values_for() -> None:
    config = {
        "cniVersion": "0.3.1",
        "plugins": [
            {
                "type": "cilium-cni",
                "eni": {"first-interface-index": 2, "subnet-tags": {"pods": "yes"}, "vpc-id": "vpc-1"},
                "ipam": {"pre-allocate": 16},
            }
        ],
    }
    found = import_values(ENI, CiliumVersion.V1_18, cni_config=config)
    assert (found.values.eni.first_interface_index, found.values.ipam.pre_allocate) == (2, 16)
    assert became(found, "cni-configuration.eni.subnet-tags") == ["deployment"]
    assert became(found, "cni-configuration.eni.vpc-id") == ["impossible"]


@pytest.mark.parametrize("number", ["1.13.18", "1.16.19", "1.18.12", "1.19.6", "1.20.0"])
def test_the_result_keeps_every_rule(number: str) -> None:
    found = imported(
        number,
        tunnel="disabled",
        kubeProxyReplacement="probe",
        bpf={"masquerade": True, "hostRouting": True},
        gatewayAPI={"enabled": True},
        nodeinit={"enabled": True},
        endpointStatus={"enabled": True},
        ipv6={"enabled": True},
        cluster={"name": "Shop_1", "id": 200},
    )
    assert problems(found.values, found.version) == []
