"""What the chart refuses of ClusterMesh: ``templates/validate.yaml`` and the templates of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.rendering.chart import FEWEST_CLUSTERS, MOST_CLUSTERS
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.versions.behaviour import refusals

from .refusal import Refusal, whole

_SERVER: Final = "clustermesh.useAPIServer"
_OUTSIDE: Final = "externalWorkloads.enabled"
_TLS: Final = "clustermesh.apiserver.tls"
_STORE: Final = "clustermesh.apiserver.kvstoremesh"
_IDENTITIES: Final = "identityAllocationMode"
_DOUBLE_WRITE: Final = ("doublewrite-readkvstore", "doublewrite-readcrd")
_CLUSTERS: Final = "clustermesh.config.clusters"
_FURTHER_NAMES: Final = f"{_TLS}.server.extraDnsNames"
_FURTHER_ADDRESSES: Final = f"{_TLS}.server.extraIpAddresses"
_CERTIFICATES: Final = tuple(f"{_TLS}.{name}.cert" for name in ("server", "admin", "remote"))


def _served(values: EffectiveValues) -> bool:
    return values.on(_SERVER) or values.on(_OUTSIDE)


def _external(values: EffectiveValues) -> bool:
    return bool(values.get(f"{_STORE}.kvstoreMode") == "external")


def _no_issuer(values: EffectiveValues) -> bool:
    by_cert_manager = values.on(f"{_TLS}.auto.enabled") and values.get(f"{_TLS}.auto.method") == "certmanager"
    return _served(values) and by_cert_manager and not values.on(f"{_TLS}.auto.certManagerIssuerRef")


def _no_address(values: EffectiveValues) -> bool:
    own = values.get("cluster.name")
    return values.on("clustermesh.config.enabled") and any(
        not (each.get("address") or each.get("ips"))
        for each in _listed(values.get(_CLUSTERS))
        if each.get("enabled") is not False and each.get("name") != own
    )


def _listed(clusters: Any) -> list[Mapping[str, Any]]:
    """The clusters of a list, or of a mapping by name."""
    if isinstance(clusters, Mapping):
        clusters = [{**each, "name": name} for name, each in clusters.items() if isinstance(each, Mapping)]
    return [each for each in clusters if isinstance(each, Mapping)] if isinstance(clusters, list) else []


def _not_joined(path: str) -> Callable[[EffectiveValues], bool]:
    """Whether what the chart joins with a list is neither empty nor a list."""
    return lambda values: values.on(_SERVER) and values.on(path) and not isinstance(values.get(path), list)


def _no_endpoints(values: EffectiveValues) -> bool:
    by_crds = values.get(_IDENTITIES) in ("crd", *_DOUBLE_WRITE)
    return _served(values) and by_crds and values.on("disableEndpointCRD")


def _certificates_given(values: EffectiveValues) -> bool:
    by_hand = values.on(_SERVER) and not values.on(f"{_TLS}.auto.enabled")
    return by_hand and any(map(values.on, _CERTIFICATES))


REFUSALS: Final = (
    Refusal(
        refusals.MESHES_HAVE_TWO_SIZES,
        ("clustermesh.maxConnectedClusters",),
        lambda values: (
            whole(values.get("clustermesh.maxConnectedClusters")) not in (FEWEST_CLUSTERS, MOST_CLUSTERS)
        ),
        f"must be {FEWEST_CLUSTERS} or {MOST_CLUSTERS}",
        "choose one of the two",
        id="CEK2219",
    ),
    Refusal(
        refusals.MESH_MODES_OF_TLS,
        (f"{_TLS}.authMode", _SERVER, _OUTSIDE),
        lambda values: (
            _served(values) and values.get(f"{_TLS}.authMode") not in ("legacy", "migration", "cluster")
        ),
        "must be 'legacy', 'migration' or 'cluster'",
        "remove it to keep the chart's default",
        id="CEK2220",
    ),
    Refusal(
        refusals.CERT_MANAGER_WANTS_ISSUER,
        (f"{_TLS}.auto.method", f"{_TLS}.auto.certManagerIssuerRef"),
        _no_issuer,
        "'certmanager' needs an issuer",
        f"set overrides.{_TLS}.auto.certManagerIssuerRef",
        id="CEK2221",
    ),
    Refusal(
        refusals.MESH_WANTS_ENDPOINTS,
        ("disableEndpointCRD", _SERVER, _OUTSIDE),
        _no_endpoints,
        "must be false for a mesh or external workloads, which read CiliumEndpoints",
        "remove it",
        id="CEK2222",
    ),
    Refusal(
        refusals.MESH_WANTS_CRDS,
        (_IDENTITIES, _SERVER, _OUTSIDE),
        lambda values: _served(values) and values.get(_IDENTITIES) != "crd",
        "must be 'crd' for a mesh or external workloads",
        "remove it to keep the default, 'crd'",
        id="CEK2223",
    ),
    Refusal(
        refusals.MESH_WANTS_CRDS_OR_BOTH,
        (_IDENTITIES, _SERVER, _OUTSIDE),
        lambda values: _served(values) and values.get(_IDENTITIES) not in ("crd", *_DOUBLE_WRITE),
        "must be 'crd', or write both, for a mesh or external workloads",
        "remove it to keep the default, 'crd'",
        id="CEK2224",
    ),
    Refusal(
        refusals.KVSTORE_MESH_WANTS_KVSTOREMESH,
        (f"{_STORE}.enabled", _IDENTITIES, _SERVER),
        lambda values: (
            values.on(_SERVER)
            and values.get(_IDENTITIES) not in ("crd", *_DOUBLE_WRITE)
            and not values.on(f"{_STORE}.enabled")
        ),
        "must be true where identities are in a kvstore",
        "remove it, or keep identityAllocationMode at 'crd'",
        id="CEK2225",
    ),
    Refusal(
        refusals.KVSTOREMESH_HAS_MODES,
        (f"{_STORE}.kvstoreMode",),
        lambda values: values.get(f"{_STORE}.kvstoreMode") not in ("internal", "external"),
        "must be 'internal' or 'external'",
        "remove it to keep the default, 'internal'",
        id="CEK2226",
    ),
    Refusal(
        refusals.KVSTOREMESH_HAS_MODES,
        (f"{_STORE}.kvstoreMode", _SERVER, f"{_STORE}.enabled"),
        lambda values: _external(values) and not (values.on(_SERVER) and values.on(f"{_STORE}.enabled")),
        f"'external' needs {_SERVER} and {_STORE}.enabled",
        "turn both on, or remove it",
        id="CEK2227",
    ),
    Refusal(
        refusals.KVSTOREMESH_HAS_MODES,
        ("clustermesh.apiserver.replicas", f"{_STORE}.kvstoreMode"),
        lambda values: _external(values) and str(values.get("clustermesh.apiserver.replicas")) != "1",
        f"must be 1 for {_STORE}.kvstoreMode 'external'",
        "set one of the two back",
        id="CEK2228",
    ),
    Refusal(
        refusals.KVSTOREMESH_HAS_MODES,
        (f"{_STORE}.kvstoreMode", _IDENTITIES),
        lambda values: _external(values) and values.get(_IDENTITIES) not in ("kvstore", *_DOUBLE_WRITE),
        f"'external' needs identities in a kvstore, by {_IDENTITIES}",
        "remove it to keep the default, 'internal'",
        id="CEK2229",
    ),
    Refusal(
        refusals.MESH_WITHOUT_CERTIFICATES,
        (*_CERTIFICATES, f"{_TLS}.auto.enabled"),
        _certificates_given,
        "must not be given: this chart takes no certificates of a mesh as values",
        f"create the Secrets yourself, or remove overrides.{_TLS}.auto.enabled",
        id="CEK2230",
    ),
    Refusal(
        refusals.CLUSTERS_WANT_ADDRESSES,
        (_CLUSTERS,),
        _no_address,
        "must have an address or ips for each cluster",
        "add the address of the cluster's clustermesh-apiserver",
        id="CEK2231",
    ),
    Refusal(
        refusals.CLUSTERS_HAVE_TWO_SHAPES,
        (_CLUSTERS,),
        lambda values: (
            values.on("clustermesh.config.enabled")
            and not isinstance(values.get(_CLUSTERS), list | Mapping)
            and values.get(_CLUSTERS) is not MISSING
        ),
        "must be a list of clusters, or a mapping by their names",
        "write a list, or a mapping",
        id="CEK2232",
    ),
    Refusal(
        refusals.MESH_JOINS_LISTS_OF_NAMES,
        (_FURTHER_NAMES,),
        _not_joined(_FURTHER_NAMES),
        "must be a list, which the chart joins with its own",
        "write a list",
        id="CEK2233",
    ),
    Refusal(
        refusals.MESH_JOINS_LISTS_OF_NAMES,
        (_FURTHER_ADDRESSES,),
        _not_joined(_FURTHER_ADDRESSES),
        "must be a list, which the chart joins with its own",
        "write a list",
        id="CEK2234",
    ),
)
