from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from cdk_eks_cilium.values import (
    Agent,
    BandwidthManager,
    CiliumValues,
    Egress,
    Encryption,
    Eni,
    Envoy,
    FlowExport,
    Hubble,
    HubbleTls,
    IngressController,
    Ipam,
    Issuer,
    Operator,
    Prometheus,
    References,
    Resources,
    Toleration,
    helm_values,
    problems,
)
from cdk_eks_cilium.values.model.typed_fields import FIRST, TYPED_FIELDS, is_used
from cdk_eks_cilium.versions import CiliumVersion
from cdk_eks_cilium.versions.cilium import known_versions
from tests.charts.matrix import CASES
from tests.wireguard import startable

SMALL = Resources(requests={"cpu": "100m", "memory": "128Mi"}, limits={"memory": "1Gi"})
POOL = Toleration(key="pool", operator="Equal", value="infra", effect="NoSchedule")

#: Values with rules of their own for each version.
APART = {"image_registry", "node_init", "overrides", "profile"}
EVERYWHERE = [
    field.path for field in TYPED_FIELDS if field.marks and not field.known and field.path not in APART
]


BASE = CiliumValues(
    egress=Egress.pod(),
    eni=Eni(prefix_delegation=False, release_excess_ips=False, use_primary_address=True),
    ipam=Ipam(min_allocate=8, pre_allocate=4),
    hubble=Hubble(relay=False, ui=False, tls=HubbleTls(method="helm", validity_days=30)),
    kube_proxy_replacement=True,
    encryption=Encryption.wireguard(),
    operator=Operator(replicas=1),
    cluster_id=3,
    overrides={"debug": {"enabled": True}},
)
"""What every chart is known for, together."""

EXAMPLES = (BASE, *(case.model for case in CASES))


@cache
def is_refused(example: int, version: CiliumVersion) -> bool:
    """Whether a version refuses an example; each pair is judged once for all fields."""
    return bool(problems(EXAMPLES[example], version))


def use(path: str) -> CiliumValues:
    """The feature, used by itself: of the cases that are rendered, the one with the fewest features."""
    using = [case.model for case in CASES if is_used(case.model, path)]
    return min(using, key=lambda values: sum(is_used(values, other) for other in FIRST))


def rendered(refs: References, number: str = "1.19.6", **values: Any) -> dict[str, Any]:
    return helm_values(CiliumValues(**values), CiliumVersion.of(number), refs)


@pytest.mark.parametrize("path", FIRST)
def test_a_feature_is_taken_from_its_first_version_on_and_refused_below_by_name(path: str) -> None:
    first = CiliumVersion.newest_of(FIRST[path].since)
    below = CiliumVersion.newest_of(f"1.{int(FIRST[path].since.split('.')[1]) - 1}")
    values = use(path)
    assert problems(values, first) == []
    (text,) = (str(found) for found in problems(values, below) if found.where == f"cilium.{path}")
    assert text.startswith(f"cilium.{path}: is for Cilium {FIRST[path].since} and newer, not {below}")
    assert text.endswith(f"; use Cilium {FIRST[path].since} or newer, or leave it out")


def test_every_version_takes_what_this_library_itself_needs() -> None:
    assert not [version for version in known_versions() if problems(startable(BASE, version), version)]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_a_value_without_a_first_version_is_taken_by_every_version(path: str) -> None:
    using = [number for number, values in enumerate(EXAMPLES) if is_used(values, path)]
    assert not [each for each in known_versions() if all(is_refused(number, each) for number in using)]


def test_a_refusal_has_the_section_as_it_was_written() -> None:
    values = CiliumValues(operator=Operator(tolerations=(POOL,)), bandwidth_manager=BandwidthManager())
    assert [str(problem) for problem in problems(values, CiliumVersion.of("1.17.18"))] == [
        "cilium.bandwidth_manager: is for Cilium 1.18 and newer, not 1.17.18; "
        "use Cilium 1.18 or newer, or leave it out",
        "cilium.operator.tolerations: is for Cilium 1.18 and newer, not 1.17.18, got "
        "[{'key': 'pool', 'operator': 'Equal', 'value': 'infra', 'effect': 'NoSchedule'}]; "
        "use Cilium 1.18 or newer, or leave it out",
    ]


def test_the_defaults_write_nothing_of_any_feature(refs: References) -> None:
    assert rendered(refs).keys() == {
        "cluster",
        "eni",
        "egressMasqueradeInterfaces",
        "enableIPv4Masquerade",
        "hubble",
        "rollOutCiliumPods",
        "operator",
        "envoy",
        "standaloneDnsProxy",
    }


def test_ebpf_masquerading_names_the_interface_as_device_alone(refs: References) -> None:
    values = rendered(refs, egress=Egress.node("ens5"), kube_proxy_replacement=True, masquerade="ebpf")
    assert (values["enableIPv4Masquerade"], values["bpf"], values["devices"]) == (
        True,
        {"masquerade": True},
        "ens5",
    )
    assert "egressMasqueradeInterfaces" not in values


@pytest.mark.parametrize(("routing", "legacy"), [("ebpf", False), ("legacy", True)])
def test_host_routing_is_written_as_the_chart_turns_it(routing: Any, legacy: bool, refs: References) -> None:
    values = rendered(refs, egress=Egress.pod(), kube_proxy_replacement=True, host_routing=routing)
    assert values["bpf"] == {"hostLegacyRouting": legacy}


def test_switches_of_the_datapath_are_written(refs: References) -> None:
    values = rendered(
        refs,
        egress=Egress.pod(),
        kube_proxy_replacement=True,
        bandwidth_manager=BandwidthManager(bbr=True),
        host_firewall=True,
        policy_enforcement="always",
    )
    assert values["bandwidthManager"] == {"enabled": True, "bbr": True}
    assert values["hostFirewall"] == {"enabled": True}
    assert values["policyEnforcementMode"] == "always"


def test_tiers_are_written_where_they_are_on(refs: References) -> None:
    assert rendered(refs, "1.20.0", cluster_network_policies=True)["k8sClusterNetworkPolicy"] == {
        "enabled": True
    }
    assert "k8sClusterNetworkPolicy" not in rendered(refs, "1.20.0")


def test_encryption_is_written_with_its_options(refs: References) -> None:
    wireguard = rendered(refs, encryption=Encryption.wireguard(node_encryption=True))
    assert wireguard["encryption"] == {"enabled": True, "type": "wireguard", "nodeEncryption": True}
    ipsec = rendered(refs, encryption=Encryption.ipsec("mine"))
    assert ipsec["encryption"] == {"enabled": True, "type": "ipsec", "ipsec": {"secretName": "mine"}}


def test_gateways_and_ingresses_are_written(refs: References) -> None:
    ingress = IngressController(load_balancer_mode="shared", enforce_https=False)
    values = rendered(refs, kube_proxy_replacement=True, gateway_api=True, ingress_controller=ingress)
    assert values["gatewayAPI"] == {"enabled": True}
    assert values["ingressController"] == {
        "enabled": True,
        "default": False,
        "loadbalancerMode": "shared",
        "enforceHttps": False,
    }


def test_hubble_s_metrics_export_and_tolerations_are_written_beside_relay_and_ui(refs: References) -> None:
    hubble = rendered(
        refs,
        hubble=Hubble(
            metrics=("dns:query;ignoreAAAA", "drop"),
            export=FlowExport(field_mask=("time", "verdict"), deny=('{"source_pod":["kube-system/"]}',)),
            tolerations=(POOL,),
        ),
    )["hubble"]
    assert hubble["metrics"] == {"enabled": ["dns:query;ignoreAAAA", "drop"]}
    assert hubble["export"]["static"] == {
        "enabled": True,
        "filePath": "/var/run/cilium/hubble/events.log",
        "fileMaxSizeMb": 10,
        "fileMaxBackups": 5,
        "fileCompress": False,
        "fieldMask": ["time", "verdict"],
        "allowList": [],
        "denyList": ['{"source_pod":["kube-system/"]}'],
    }
    assert hubble["relay"] == {"enabled": True, "rollOutPods": True, "tolerations": [POOL.manifest()]}
    assert hubble["ui"]["tolerations"] == [POOL.manifest()]


def test_cert_manager_is_named_with_its_issuer(refs: References) -> None:
    tls = HubbleTls(method="certmanager", issuer=Issuer(name="ca", kind="Issuer"))
    assert rendered(refs, hubble=Hubble(tls=tls))["hubble"]["tls"]["auto"] == {
        "method": "certmanager",
        "certManagerIssuerRef": {"group": "cert-manager.io", "kind": "Issuer", "name": "ca"},
    }


def test_the_operator_tolerates_more_and_no_less_than_by_default(refs: References) -> None:
    tolerations = rendered(refs, operator=Operator(tolerations=(POOL,)))["operator"]["tolerations"]
    assert {"key": "node.kubernetes.io/not-ready", "operator": "Exists"} in tolerations
    assert tolerations[-1] == POOL.manifest()
    assert len(tolerations) == 5


def test_resources_and_priorities_are_where_the_chart_has_them(refs: References) -> None:
    values = rendered(
        refs,
        agent=Agent(resources=SMALL, priority_class="high"),
        operator=Operator(resources=SMALL, priority_class="high"),
        envoy=Envoy(resources=SMALL, priority_class="high"),
    )
    expected = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}}
    for part in (values, values["operator"], values["envoy"]):
        assert (part["resources"], part["priorityClassName"]) == (expected, "high")


def test_metrics_of_cilium_itself_are_written_where_they_differ_from_the_chart(refs: References) -> None:
    values = rendered(refs, prometheus=Prometheus(agent=True, operator=False, envoy=False))
    assert values["prometheus"] == {"enabled": True}
    assert values["operator"]["prometheus"] == values["envoy"]["prometheus"] == {"enabled": False}


def test_what_a_node_keeps_in_stock_is_in_the_values_from_1_19_on(refs: References) -> None:
    ipam = Ipam(min_allocate=16, pre_allocate=4, max_allocate=64, static_ip_tags={"pool": "a"})
    assert rendered(refs, ipam=ipam)["ipam"] == {
        "nodeSpec": {
            "ipamMinAllocate": 16,
            "ipamPreAllocate": 4,
            "ipamMaxAllocate": 64,
            "ipamStaticIPTags": ["pool=a"],
        }
    }
    older = rendered(refs, "1.18.12", ipam=Ipam(pre_allocate=4))
    assert "nodeSpec" not in older["ipam"]


@pytest.mark.parametrize(("number", "clusters"), [(7, None), (300, 511)])
def test_the_number_in_a_mesh_is_written_with_a_mesh_that_has_room(
    number: int, clusters: int | None, refs: References
) -> None:
    values = rendered(refs, cluster_id=number)
    assert values["cluster"]["id"] == number
    assert values.get("clustermesh", {}).get("maxConnectedClusters") == clusters
