"""Types of others that a cluster has before Cilium's release, as `existing_crds` says: stand-ins for them.

They have the kinds that Cilium's charts make objects of, and no schemas: the server takes any field.
"""

# belief: HELM-kinds-before-objects

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from rehearsal.kubernetes.model import Object


class _Type(NamedTuple):
    kind: str
    plural: str
    scope: str
    versions: tuple[str, ...]


_TYPES: Final = {
    # https://github.com/prometheus-operator/prometheus-operator/blob/main/example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml
    "monitoring.coreos.com": _Type("ServiceMonitor", "servicemonitors", "Namespaced", ("v1",)),
    # https://github.com/cert-manager/cert-manager/blob/master/deploy/crds/cert-manager.io_certificates.yaml
    "cert-manager.io": _Type("Certificate", "certificates", "Namespaced", ("v1",)),
    # https://github.com/kubernetes-sigs/gateway-api/blob/main/config/crd/standard/gateway.networking.k8s.io_gatewayclasses.yaml
    "gateway.networking.k8s.io": _Type("GatewayClass", "gatewayclasses", "Cluster", ("v1", "v1beta1")),
    # https://github.com/kubernetes-sigs/network-policy-api/blob/main/config/crd/standard/policy.networking.k8s.io_clusternetworkpolicies.yaml
    "policy.networking.k8s.io": _Type(
        "ClusterNetworkPolicy", "clusternetworkpolicies", "Cluster", ("v1alpha2",)
    ),
}
# The server wants to know who approved of a type in a group of Kubernetes' own:
# https://github.com/kubernetes/enhancements/pull/1111
_APPROVED: Final = {"api-approved.kubernetes.io": "unapproved, a stand-in of a rehearsal"}


def definitions(groups: Iterable[str]) -> Iterator[Object]:
    """The CustomResourceDefinition of each of *groups*, as `CiliumValues.existing_crds` names them."""
    for group in groups:
        found = _TYPES[group]
        yield {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{found.plural}.{group}", "annotations": dict(_APPROVED)},
            "spec": {
                "group": group,
                "scope": found.scope,
                "names": {"kind": found.kind, "plural": found.plural},
                "versions": [_version(name, storage=name == found.versions[0]) for name in found.versions],
            },
        }


def _version(name: str, *, storage: bool) -> dict[str, Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "name": name,
        "served": True,
        "storage": storage,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }
