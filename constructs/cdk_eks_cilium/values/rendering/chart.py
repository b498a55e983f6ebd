"""The Helm values for one chart version: only keys that this chart reads, in the form it reads them.

The newest documentation does not describe older charts, so the tests hold every path against the values
file of each chart, and render each chart.
"""

from __future__ import annotations

from typing import Any, Final

from cdk_eks_cilium.nodes import FIXED_INTERFACE
from cdk_eks_cilium.values.model import CERTIFICATE_DAYS, CiliumValues
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from . import cni_config
from .images import image_values
from .merge import merged
from .plain_fields import plain_values
from .references import References

#: The tags by which Cilium's garbage collector knows its interfaces. Newer charts set them only while that
#: collector runs, 1.12 never sets them; the operator's permissions are bound to the first tag.
CLUSTER_TAG: Final = "io.cilium/cluster-name"
MANAGED_TAG: Final = "io.cilium/cilium-managed"

#: Clusters in a mesh: Cilium's default, and the only other number it allows (from 1.15).
FEWEST_CLUSTERS: Final = 255
MOST_CLUSTERS: Final = 511
#: The default of the article's chart.
_ARTICLE_CERTIFICATE_DAYS: Final = 1095


def chart_values(values: CiliumValues, version: CiliumVersion, refs: References) -> dict[str, Any]:
    """The values to install the chart of *version* with, for *values* and *refs* that fit it."""
    if values.profile == "article":
        return _article(refs)
    rendered: dict[str, Any] = {"cluster": {"name": refs.cluster_name}}
    parts = (
        plain_values(values),
        _eni(values, version, refs),
        _routing(version),
        _node_settings(values, version, refs),
        _egress(values, version),
        _kube_proxy(values, version, refs),
        _hubble_tls(values, version),
        _encryption(values),
        _mesh(values),
        _rollouts(version),
        image_values(values.image_registry, version) if values.image_registry else {},
        values.overrides,
    )
    for part in parts:
        rendered = merged(rendered, part)
    return rendered


def tls_method(values: CiliumValues, version: CiliumVersion) -> str:
    """Who makes Hubble's certificates: the method in *values*, else the version's default."""
    return values.hubble.tls.method or (
        "cronJob" if behaviour.chart.CERTIFICATES_BY_JOB.holds(version) else "helm"
    )


def hubble_certificate_days(values: CiliumValues, version: CiliumVersion) -> int | None:
    """How many days Hubble's certificates last from when they were made.

    The newest charts of 1.14 to 1.17 make new certificates with every upgrade, 1.18 keeps existing ones.
    None where the cluster renews them, and without the relay, where nobody needs them: then only the agents
    themselves read their flows.
    """
    if not values.hubble.relay:
        return None
    if values.profile == "article":
        return _ARTICLE_CERTIFICATE_DAYS
    return values.hubble.tls.validity_days if tls_method(values, version) == "helm" else None


def _article(refs: References) -> dict[str, Any]:
    """What the article sets, and no more.

    https://medium.com/@benoit.mouquet/cilium-cni-on-eks-using-secondary-cidr-and-prefix-delegation-55e57ffd2537
    """
    return {
        "cni": {"configMap": cni_config.NAME, "customConf": True},
        "egressMasqueradeInterfaces": FIXED_INTERFACE,
        "eni": {
            "enabled": True,
            "iamRole": refs.operator_role_arn,
            "updateEC2AdapterLimitViaAPI": True,
            "awsEnablePrefixDelegation": True,
            "awsReleaseExcessIPs": True,
        },
        "hubble": {"relay": {"enabled": True}, "ui": {"enabled": True}},
        "ipam": {"mode": "eni"},
        "nodeinit": {"enabled": True},
        "tunnel": "disabled",
    }


def _eni(values: CiliumValues, version: CiliumVersion, refs: References) -> dict[str, Any]:
    eni: dict[str, Any] = {
        "enabled": True,
        "eniTags": {**values.eni.tags, CLUSTER_TAG: refs.cluster_name, MANAGED_TAG: "true"},
    }
    if refs.operator_role_arn is not None:
        eni["iamRole"] = refs.operator_role_arn
    if not behaviour.datapath.ADAPTER_LIMITS_FROM_EC2.holds(version):
        # The limits compiled into old operators miss newer instance types; later ones always ask EC2.
        eni["updateEC2AdapterLimitViaAPI"] = True
    return {"eni": eni}


def implied_values(version: CiliumVersion) -> dict[str, Any]:
    """What the chart takes from ``eni.enabled`` alone; writing it changes nothing."""
    if behaviour.chart.ENI_IMPLIES_ROUTING.holds(version):
        return {"ipam": {"mode": "eni"}, "routingMode": "native"}
    return {}


def _routing(version: CiliumVersion) -> dict[str, Any]:
    """Native routing with ENI addresses, unless ``eni.enabled`` implies both."""
    if implied_values(version):
        return {}
    if behaviour.chart.ROUTING_MODE.holds(version):
        return {"ipam": {"mode": "eni"}, "routingMode": "native"}
    return {"ipam": {"mode": "eni"}, "tunnel": "disabled"}


def _node_settings(values: CiliumValues, version: CiliumVersion, refs: References) -> dict[str, Any]:
    """Pod subnets and first interface: by ConfigMap below 1.19, by values from there, never both."""
    if not cni_config.needs_config_map(version):
        return merged({"eni": {"nodeSpec": _eni_node_spec(values, refs)}}, _stock(values))
    cni: dict[str, Any] = {"configMap": cni_config.NAME}
    if not behaviour.chart.CONFIG_MAP_ALONE.holds(version):
        # Later charts take the ConfigMap without it, and then keep other CNI files out of the way.
        cni["customConf"] = True
    return {"cni": cni, "podAnnotations": cni_config.agent_annotations(values, refs)}


def _eni_node_spec(values: CiliumValues, refs: References) -> dict[str, Any]:
    eni = values.eni
    spec: dict[str, Any] = {
        "firstInterfaceIndex": eni.first_interface_index,
        "subnetIDs": list(refs.subnet_ids),
    }
    if eni.security_group_ids:
        spec["securityGroups"] = list(eni.security_group_ids)
    if eni.use_primary_address:
        spec["usePrimaryAddress"] = True
    return spec


def _stock(values: CiliumValues) -> dict[str, Any]:
    """What a node keeps in stock, as charts from 1.19 on read it; empty by default."""
    ipam = values.ipam
    given = {
        "ipamMinAllocate": ipam.min_allocate,
        "ipamPreAllocate": ipam.pre_allocate,
        "ipamMaxAllocate": ipam.max_allocate,
        "ipamStaticIPTags": [f"{key}={value}" for key, value in ipam.static_ip_tags.items()] or None,
    }
    spec = {name: value for name, value in given.items() if value is not None}
    return {"ipam": {"nodeSpec": spec}} if spec else {}


def _egress(values: CiliumValues, version: CiliumVersion) -> dict[str, Any]:
    if values.egress.kind == "pod":
        return {"enableIPv4Masquerade": False}
    if values.masquerade == "ebpf":
        # Agents refuse egressMasqueradeInterfaces here. devices keeps eBPF programs to this interface.
        return {
            "enableIPv4Masquerade": True,
            "bpf": {"masquerade": True},
            "devices": values.egress.interface,
        }
    rendered: dict[str, Any] = {"egressMasqueradeInterfaces": values.egress.interface}
    if behaviour.chart.MASQUERADE_OFF_IN_ENI_MODE.holds(version):
        # Off by default in ENI mode from this chart on; the interface alone would have no effect.
        rendered["enableIPv4Masquerade"] = True
    return rendered


def _kube_proxy(values: CiliumValues, version: CiliumVersion, refs: References) -> dict[str, Any]:
    """The replacement of kube-proxy; off is the default of every chart, under various names."""
    if not values.kube_proxy_replacement:
        return {}
    switch = behaviour.chart.KUBE_PROXY_REPLACEMENT_IS_A_SWITCH
    return {
        "kubeProxyReplacement": True if switch.holds(version) else "strict",
        "k8sServiceHost": refs.api_server_host,
        "k8sServicePort": "443",
    }


def _hubble_tls(values: CiliumValues, version: CiliumVersion) -> dict[str, Any]:
    """How the certificates of Hubble are renewed.

    A job in the cluster renews them from 1.19. In 1.14 to 1.18 that job is a Helm hook, Helm waits
    for it, and it cannot run before the nodes that come after the release; so Helm itself makes the
    certificates below 1.19.
    """
    method = tls_method(values, version)
    auto: dict[str, Any] = {"method": method}
    if method == "helm" or values.hubble.tls.validity_days != CERTIFICATE_DAYS:
        auto["certValidityDuration"] = values.hubble.tls.validity_days
    if (issuer := values.hubble.tls.issuer) is not None:
        auto["certManagerIssuerRef"] = {"group": "cert-manager.io", "kind": issuer.kind, "name": issuer.name}
    return {"hubble": {"tls": {"auto": auto}}}


def _encryption(values: CiliumValues) -> dict[str, Any]:
    encryption = values.encryption
    if encryption is None:
        return {}
    rendered: dict[str, Any] = {"enabled": True, "type": encryption.type}
    if encryption.node_encryption:
        rendered["nodeEncryption"] = True
    if encryption.secret_name is not None:
        rendered["ipsec"] = {"secretName": encryption.secret_name}
    return {"encryption": rendered}


def _mesh(values: CiliumValues) -> dict[str, Any]:
    """The size of the mesh: agents refuse a cluster id above it."""
    if values.cluster_id <= FEWEST_CLUSTERS:
        return {}
    return {"clustermesh": {"maxConnectedClusters": MOST_CLUSTERS}}


def _rollouts(version: CiliumVersion) -> dict[str, Any]:
    """Every switch that restarts pods when their configuration changes; charts leave all off."""
    switches: dict[str, Any] = {
        "rollOutCiliumPods": True,
        "operator": {"rollOutPods": True},
        "hubble": {"relay": {"rollOutPods": True}, "ui": {"rollOutPods": True}},
    }
    if behaviour.chart.ENVOY_ROLL_OUT.holds(version):
        switches["envoy"] = {"rollOutPods": True}
    if behaviour.chart.DNS_PROXY_ROLL_OUT.holds(version):
        switches["standaloneDnsProxy"] = {"rollOutPods": True}
    return switches
