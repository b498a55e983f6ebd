"""The inverse of what `values.rendering` writes by hand, a function for each of its functions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from cdk_eks_cilium.nodes import FIXED_INTERFACE
from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.chart import CLUSTER_TAG, MANAGED_TAG, tls_method
from cdk_eks_cilium.values.rendering.cni_config import ANNOTATION, KEY
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.values.rendering.images import repositories
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .remaining import Remaining
from .wanted import Wanted, Wish

_ON: Final = ("true", "strict")
_PARTLY: Final = ("partial", "probe")
_ISSUERS: Final = "cert-manager.io"
FROM_THE_DEPLOYMENT: Final = {
    "cluster.name": "the deployment names the cluster, by the setting 'name'",
    "eni.iamRole": "the deployment makes the operator's role",
    "k8sServiceHost": "the deployment knows the endpoint of the Kubernetes API",
    "k8sServicePort": "the deployment knows the endpoint of the Kubernetes API",
    "eni.nodeSpec.subnetIDs": "the deployment makes the pod subnets, or takes those in network.pod_subnets",
    "eni.nodeSpec.subnetTags": "the deployment names the pod subnets by their ids",
    "cni.configMap": "the deployment tells agents the pod subnets and the first interface",
    "cni.customConf": "the deployment tells agents the pod subnets and the first interface",
}
"""What the deployment fills in, and how it knows it."""
_STOCK: Final = {
    "ipamMinAllocate": "min_allocate",
    "ipamPreAllocate": "pre_allocate",
    "ipamMaxAllocate": "max_allocate",
}
#: The images with Cilium's own release as their tag.
_RELEASED: Final = (
    "image",
    "operator.image",
    "hubble.relay.image",
    "clustermesh.apiserver.image",
    "preflight.image",
)
_EXACT: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,14}")


def take_by_hand(rest: Remaining, wanted: Wanted, version: CiliumVersion) -> None:
    """Take what no declaration names."""
    if rest.get("eni", "enabled") is not True:
        rest.drop(
            "impossible", "eni.enabled", "is on in the deployment, where pods have addresses of the VPC"
        )
        if rest.get("ipam", "mode") != "eni":
            text = "is missing: the deployment turns it on, and pods have addresses of the VPC"
            rest.find("impossible", "eni.enabled", text)
    _egress(rest, wanted, version)
    _kube_proxy(rest, wanted)
    _hubble_tls(rest, wanted, version)
    _encryption(rest, wanted, version)
    _eni(rest, wanted)
    _stock(rest, wanted)
    _images(rest, wanted, version)
    _cni_annotation(rest, wanted)
    _tags_of_images(rest, version)
    for key, text in FROM_THE_DEPLOYMENT.items():
        rest.drop("deployment", key, text)
    annotations = rest.get("serviceAccounts", "operator", "annotations")
    if isinstance(annotations, Mapping):
        role = rest.take_at("serviceAccounts", "operator", "annotations", "eks.amazonaws.com/role-arn")
        if role is not MISSING:
            where = "serviceAccounts.operator.annotations"
            rest.find("deployment", where, FROM_THE_DEPLOYMENT["eni.iamRole"], role)


def masquerades(values: Mapping[str, Any], version: CiliumVersion) -> bool:
    """Whether addresses of pods are translated with chart values in ENI mode."""
    given = values.get("enableIPv4Masquerade")
    if isinstance(given, bool):
        return given
    defaults = EffectiveValues(values, version).defaults_of
    return not behaviour.chart.MASQUERADE_OFF_IN_ENI_MODE.holds(defaults)


def _egress(rest: Remaining, wanted: Wanted, version: CiliumVersion) -> None:
    on = masquerades(rest.data, version)
    switch, interfaces = rest.take("enableIPv4Masquerade"), rest.take("egressMasqueradeInterfaces")
    by_ebpf = rest.get("bpf", "masquerade") is True
    if not on:
        wanted.wishes["egress"] = Wish({"kind": "pod"}, "enableIPv4Masquerade", switch)
        if by_ebpf:
            rest.drop("unread", "bpf.masquerade", _inert(switch, version))
        if interfaces is not MISSING:
            rest.find("unread", "egressMasqueradeInterfaces", _inert(switch, version), interfaces)
        return
    key = "egressMasqueradeInterfaces"
    if by_ebpf:
        rest.take("bpf.masquerade")
        wanted.wishes["masquerade"] = Wish("ebpf", "bpf.masquerade", True)
        key, interfaces = "devices", rest.take("devices")
    name = _interface(rest, key, interfaces)
    wanted.wishes["egress"] = Wish({"kind": "node", "interface": name}, key, interfaces)
    if switch is not MISSING:
        rest.find("typed", "enableIPv4Masquerade", "is egress", switch)


def _inert(switch: Any, version: CiliumVersion) -> str:
    text = "has no effect: addresses of pods are not translated"
    if switch is not MISSING:
        return text
    since = behaviour.chart.MASQUERADE_OFF_IN_ENI_MODE.since
    return (
        f"{text} in ENI mode from chart {since} on, unless enableIPv4Masquerade is true; if older charts "
        f"installed this file, set cilium.egress to 'node' for what it did there (chart here: {version})"
    )


def _interface(rest: Remaining, key: str, given: Any) -> str:
    """One exact interface: what an installation masquerades on, or else the fixed one."""
    names = given if isinstance(given, list) else str("" if given is MISSING else given).split()
    if len(names) == 1 and _EXACT.fullmatch(str(names[0])):
        return str(names[0])
    if given is MISSING:
        text = f"is {FIXED_INTERFACE!r}, where the file leaves every interface, also the interfaces of pods"
        rest.find("typed", key, text)
    else:
        rest.find(
            "impossible",
            key,
            f"is read as {FIXED_INTERFACE!r}: a pattern or a list also matches the interfaces of pods, and "
            "pods on a secondary CIDR then lose their identity between nodes; name the nodes' own interface "
            "in node_groups[].primary_interface",
            given,
        )
    return FIXED_INTERFACE


def _kube_proxy(rest: Remaining, wanted: Wanted) -> None:
    given = rest.take("kubeProxyReplacement")
    if given is MISSING:
        return
    word = str(given).lower()
    if word in _PARTLY:
        rest.find(
            "impossible",
            "kubeProxyReplacement",
            "is read as false: Cilium replaces kube-proxy wholly or not at all; set kube_proxy_replacement "
            "to true if no kube-proxy runs",
            given,
        )
        return
    wanted.wishes["kube_proxy_replacement"] = Wish(word in _ON, "kubeProxyReplacement", given)


def _hubble_tls(rest: Remaining, wanted: Wanted, version: CiliumVersion) -> None:
    auto = "hubble.tls.auto"
    if rest.get("hubble", "tls", "enabled") is False or rest.get("hubble", "tls", "auto", "enabled") is False:
        return
    if rest.get(*f"{auto}.method".split(".")) == tls_method(CiliumValues(), version):
        rest.drop("same", f"{auto}.method", "is what the deployment chooses for this release")
    for name, field in (("method", "method"), ("certValidityDuration", "validity_days")):
        if (given := rest.take(f"{auto}.{name}")) is not MISSING:
            wanted.wishes[f"hubble.tls.{field}"] = Wish(given, f"{auto}.{name}", given)
    issuer = rest.get(*f"{auto}.certManagerIssuerRef".split("."))
    if isinstance(issuer, Mapping) and issuer and issuer.get("group", _ISSUERS) == _ISSUERS:
        rest.take(f"{auto}.certManagerIssuerRef")
        value = {name: text for name, text in issuer.items() if name != "group"}
        wanted.wishes["hubble.tls.issuer"] = Wish(value, f"{auto}.certManagerIssuerRef", issuer)


def _encryption(rest: Remaining, wanted: Wanted, version: CiliumVersion) -> None:
    own = {"type": "type", "nodeEncryption": "node_encryption", "ipsec.secretName": "secret_name"}
    given = {key: rest.get(*f"encryption.{key}".split(".")) for key in own}
    kind = "ipsec" if given["type"] in (MISSING, None) else given["type"]
    if not behaviour.chart.KNOWN_VALUES.holds(version) and (
        kind != "wireguard" or given["nodeEncryption"] is True
    ):
        # Raw values may set what the library has no field for in this version.
        return
    switch = rest.take("encryption.enabled")
    if switch is not True:
        for key in own:
            rest.drop("unread", f"encryption.{key}", "has no effect: encryption.enabled is off")
        if switch is not MISSING:
            rest.find("same", "encryption.enabled", "is off, as in the typed values", switch)
        return
    wanted.wishes["encryption.type"] = Wish(kind, "encryption.enabled", True)
    for key, name in own.items():
        value = rest.take(f"encryption.{key}")
        if key != "type" and value is not MISSING and not (key == "ipsec.secretName" and kind != "ipsec"):
            wanted.wishes[f"encryption.{name}"] = Wish(value, f"encryption.{key}", value)


def _eni(rest: Remaining, wanted: Wanted) -> None:
    tags = rest.get("eni", "eniTags")
    if isinstance(tags, Mapping):
        rest.take("eni.eniTags")
        own = {key: text for key, text in tags.items() if key not in (CLUSTER_TAG, MANAGED_TAG)}
        if own:
            wanted.wishes["eni.tags"] = Wish(own, "eni.eniTags", own)
    spec = "eni.nodeSpec"
    if rest.take(f"{spec}.disablePrefixDelegation") is True:
        wanted.wishes["eni.prefix_delegation"] = Wish(False, f"{spec}.disablePrefixDelegation", True)
        rest.take("eni.awsEnablePrefixDelegation")
    for key, field in (
        ("firstInterfaceIndex", "first_interface_index"),
        ("securityGroups", "security_group_ids"),
        ("usePrimaryAddress", "use_primary_address"),
    ):
        if (given := rest.take(f"{spec}.{key}")) not in (MISSING, []):
            wanted.wishes[f"eni.{field}"] = Wish(given, f"{spec}.{key}", given)


def _stock(rest: Remaining, wanted: Wanted) -> None:
    spec = "ipam.nodeSpec"
    for key, field in _STOCK.items():
        if (given := rest.take(f"{spec}.{key}")) is not MISSING:
            wanted.wishes[f"ipam.{field}"] = Wish(given, f"{spec}.{key}", given)
    tags = rest.get("ipam", "nodeSpec", "ipamStaticIPTags")
    if isinstance(tags, list) and all("=" in str(each) for each in tags):
        rest.take(f"{spec}.ipamStaticIPTags")
        if tags:
            value = dict(str(each).split("=", 1) for each in tags)
            wanted.wishes["ipam.static_ip_tags"] = Wish(value, f"{spec}.ipamStaticIPTags", tags)


def _images(rest: Remaining, wanted: Wanted, version: CiliumVersion) -> None:
    """One registry of every image; anything else stays among the overrides."""
    if not behaviour.chart.KNOWN_IMAGES.holds(version):
        return
    given = {path: str(rest.get(*path)) for path, _ in repositories(version)}
    registries = {
        given[path].removesuffix(f"/{image}") if given[path].endswith(f"/{image}") else ""
        for path, image in repositories(version)
    }
    if len(registries) == 1 and (registry := registries.pop()):
        for path in given:
            rest.take_at(*path)
        wanted.wishes["image_registry"] = Wish(registry, "image.repository", given["image", "repository"])


def _tags_of_images(rest: Remaining, version: CiliumVersion) -> None:
    """Drop tags of another release than the chart's: the chart's own tag moves with it."""
    for part in _RELEASED:
        tag = rest.get(*part.split("."), "tag")
        number = str("" if tag is MISSING else tag).removeprefix("v")
        if not re.fullmatch(r"\d+\.\d+\.\d+", number):
            continue
        if number == version.number:
            rest.drop("same", f"{part}.tag", "is the chart's own")
            continue
        rest.drop(
            "impossible", f"{part}.tag", f"is another release than the chart's, {version}, whose image runs"
        )
        rest.drop(
            "impossible",
            f"{part}.digest",
            f"is another release than the chart's, {version}, whose image runs",
        )


def _cni_annotation(rest: Remaining, wanted: Wanted) -> None:
    """What a deployment of this library wrote for its agents, as one of its releases has it."""
    text = rest.take_at("podAnnotations", ANNOTATION)
    if isinstance(text, str):
        take_cni_config(json.loads(text), rest, wanted)


def take_cni_config(given: Mapping[str, Any], rest: Remaining, wanted: Wanted) -> None:
    """Take the CNI configuration that agents below 1.19 read, or the ConfigMap with it.

    Args:
        given: The ConfigMap's manifest, or the configuration in it.
    """
    config: Any = given
    if "data" in config:
        config = json.loads(next(iter({KEY: None, **config["data"]}.values())) or "{}")
    plugins = config.get("plugins")
    plugin: Mapping[str, Any] = plugins[0] if isinstance(plugins, list) and plugins else config
    known = {
        "eni.first-interface-index": "eni.first_interface_index",
        "eni.security-groups": "eni.security_group_ids",
        "eni.use-primary-address": "eni.use_primary_address",
        "ipam.min-allocate": "ipam.min_allocate",
        "ipam.pre-allocate": "ipam.pre_allocate",
        "ipam.static-ip-tags": "ipam.static_ip_tags",
    }
    for section in ("eni", "ipam"):
        for name, value in (plugin.get(section) or {}).items():
            key = f"{section}.{name}"
            where = f"cni-configuration.{key}"
            if key in known:
                wanted.wishes[known[key]] = Wish(value, where, value)
            elif name in ("subnet-ids", "subnet-tags"):
                rest.find("deployment", where, FROM_THE_DEPLOYMENT["eni.nodeSpec.subnetIDs"], value)
            else:
                rest.find("impossible", where, "the deployment does not set it", value)
