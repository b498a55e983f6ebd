"""The CNI ConfigMap: where agents below 1.19 learn the pod subnets and the first interface.

These agents read it once at start and copy it to their CiliumNode; the chart has no values for it. The
shape, a list of one plugin with an ``eni`` section, is from Cilium's documentation
(https://docs.cilium.io/en/v1.12/concepts/networking/ipam/eni/).
"""

from __future__ import annotations

import json
from typing import Any, Final

from cdk_eks_cilium.values.model import CiliumValues, Ipam
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion

from .references import References

NAME: Final = "cni-configuration"
NAMESPACE: Final = "kube-system"
KEY: Final = "cni-config"
ANNOTATION: Final = "cdk-eks-cilium/cni-configuration"


def needs_config_map(version: CiliumVersion) -> bool:
    """Whether this chart takes subnets and first interface from the ConfigMap, not from its values."""
    return not behaviour.chart.NODE_SPEC.holds(version)


def cni_config_text(values: CiliumValues, refs: References) -> str:
    """The CNI configuration as JSON text, the same for the same input."""
    eni: dict[str, Any] = {
        "first-interface-index": values.eni.first_interface_index,
        "subnet-ids": list(refs.subnet_ids),
    }
    if values.eni.security_group_ids:
        eni["security-groups"] = list(values.eni.security_group_ids)
    if values.eni.use_primary_address:
        eni["use-primary-address"] = True
    plugin: dict[str, Any] = {"cniVersion": "0.3.1", "type": "cilium-cni", "eni": eni}
    if ipam := _stock(values.ipam):
        plugin["ipam"] = ipam
    return json.dumps({"cniVersion": "0.3.1", "name": "cilium", "plugins": [plugin]}, separators=(",", ":"))


def _stock(ipam: Ipam) -> dict[str, Any]:
    """What a node keeps in stock; agents never read ``max-allocate`` from here."""
    given = {
        "min-allocate": ipam.min_allocate,
        "pre-allocate": ipam.pre_allocate,
        "static-ip-tags": dict(ipam.static_ip_tags) or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def cni_config_map(values: CiliumValues, version: CiliumVersion, refs: References) -> dict[str, Any] | None:
    """The manifest of the CNI ConfigMap; None where the chart does not need it (1.19 and newer)."""
    if not needs_config_map(version):
        return None
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "data": {KEY: cni_config_text(values, refs)},
    }


def agent_annotations(values: CiliumValues, refs: References) -> dict[str, str]:
    """The annotation that restarts the agents when the ConfigMap changes.

    It carries the text rather than a hash of it. A hash would be taken at synthesis, of placeholders: it
    would change with their numbering, and stay the same when a subnet is replaced.
    """
    return {ANNOTATION: cni_config_text(values, refs)}
