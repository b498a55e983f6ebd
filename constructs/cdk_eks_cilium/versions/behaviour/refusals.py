"""What the templates of Cilium's chart fail on, by release: `values.rules.chart` has the conditions.

The bounds come from the chart's own message in every published chart; tests/charts/test_refusals.py holds
them against the charts at hand.
"""

from __future__ import annotations

from typing import Final

from .behaviour import Behaviour

_VALIDATE: Final = "templates/validate.yaml of the charts; tests/charts/test_refusals.py"
_CONFIG_MAP: Final = "templates/cilium-configmap.yaml of the charts; tests/charts/test_refusals.py"

# Hubble.

STANDALONE_UI_WANTS_CERTIFICATES: Final = Behaviour(
    "The chart refuses a Hubble UI of its own without certificates for a relay that serves TLS.",
    source=_VALIDATE,
)
RELAY_WANTS_HUBBLE: Final = Behaviour(
    "The chart refuses Hubble's relay without Hubble.",
    source=_VALIDATE,
)
CERT_MANAGER_WANTS_ISSUER: Final = Behaviour(
    "The chart refuses certificates by cert-manager without an issuer, but in 1.12.6 to 1.12.8 and 1.13.0 to "
    "1.13.1, which install Certificates that nobody signs.",
    source=_VALIDATE,
)
OLD_HUBBLE_UI: Final = Behaviour(
    "The chart refuses images of the Hubble UI below 0.9.0.",
    source=_VALIDATE,
)
ONE_LIST_OF_HEADERS: Final = Behaviour(
    "The chart refuses a list of headers to keep beside a list of headers to redact.",
    source=_VALIDATE,
    since="1.15",
)

# The proxy.

CONTROLLERS_WANT_PROXY: Final = Behaviour(
    "The chart refuses Ingress and Gateway API without the proxy of layer 7.",
    source=_VALIDATE,
    since="1.13.4",
    backports=("1.12.11",),
)
BALANCER_WANTS_PROXY: Final = Behaviour(
    "The chart refuses load balancing of layer 7 by Envoy without the proxy.",
    source=_VALIDATE,
    since="1.14.2",
    backports=("1.13.7",),
)
INGRESS_WANTS_TRAFFIC_POLICY: Final = Behaviour(
    "The chart refuses a Service of Ingress that is reached from outside and has no traffic policy.",
    source=_VALIDATE,
    since="1.16",
)
GATEWAY_WANTS_TRAFFIC_POLICY: Final = Behaviour(
    "The chart refuses Gateway API without a traffic policy.",
    source=_VALIDATE,
    since="1.16",
)
CONTROLLERS_WANT_REPLACEMENT: Final = Behaviour(
    "The chart refuses Ingress and Gateway API without the replacement of kube-proxy.",
    source=_VALIDATE,
    since="1.13",
    until="1.14",
)
OLD_VALUES_WANT_REPLACEMENT: Final = Behaviour(
    "The chart refuses Ingress, Gateway API and CiliumEnvoyConfig with values from before 1.14 that do not "
    "name the replacement of kube-proxy.",
    source=_VALIDATE,
    since="1.14",
)
BASE_ID_HAS_BOUNDS: Final = Behaviour(
    "The chart refuses a base id of Envoy that does not fit 32 bits.",
    source=_VALIDATE,
    since="1.16",
)

# Agents and the operator.

SPIRE_WANTS_AUTHENTICATION: Final = Behaviour(
    "The chart refuses SPIRE without authentication, which charts from 1.19 on leave off.",
    source=_VALIDATE,
    since="1.14",
)
SLICES_WANT_ENDPOINTS: Final = Behaviour(
    "The chart refuses CiliumEndpointSlices without CiliumEndpoints.",
    source=_VALIDATE,
    since="1.14",
)
ONE_API_HOST: Final = Behaviour(
    "The chart refuses a host of the API beside a reference to one.",
    source=_VALIDATE,
    since="1.18",
)
ONE_BACKOFF: Final = Behaviour(
    "The chart refuses variables of its own backoff among further variables of the agent.",
    source=_VALIDATE,
    since="1.18",
)
STANDALONE_DNS_WANTS_PORT: Final = Behaviour(
    "The chart refuses the standalone DNS proxy without a port.",
    source=_VALIDATE,
    since="1.19",
)
NETKIT_WITHOUT_TPROXY: Final = Behaviour(
    "The chart refuses netkit with transparent proxying in eBPF.",
    source=_VALIDATE,
    since="1.19",
)
BGP_WANTS_ANNOUNCEMENT: Final = Behaviour(
    "The chart refuses BGP by MetalLB without anything to announce.",
    source=_CONFIG_MAP,
    until="1.17",
)
OPERATOR_MONITOR_ASKS_AGENTS: Final = Behaviour(
    "The chart checks for the CRDs of the operator's ServiceMonitor only where agents have metrics.",
    source=_VALIDATE,
    until="1.14",
)

# ClusterMesh.

MESHES_HAVE_TWO_SIZES: Final = Behaviour(
    "The chart refuses a mesh of other sizes than 255 and 511.",
    source=_VALIDATE,
    since="1.15",
)
MESH_MODES_OF_TLS: Final = Behaviour(
    "The chart refuses other modes of authentication in a mesh than the three it knows.",
    source="templates/clustermesh-apiserver/deployment.yaml of the charts; tests/charts/test_refusals.py",
    since="1.14",
)
MESH_WANTS_ENDPOINTS: Final = Behaviour(
    "The chart refuses a mesh without CiliumEndpoints.",
    source=_VALIDATE,
    since="1.15",
)
MESH_WANTS_CRDS: Final = Behaviour(
    "The chart refuses a mesh whose identities are not CRDs alone.",
    source=_VALIDATE,
    since="1.15",
    until="1.17",
)
MESH_WANTS_CRDS_OR_BOTH: Final = Behaviour(
    "The chart refuses a mesh whose identities are in a kvstore alone.",
    source=_VALIDATE,
    since="1.17",
    until="1.18",
)
KVSTORE_MESH_WANTS_KVSTOREMESH: Final = Behaviour(
    "The chart refuses a mesh with identities in a kvstore and without KVStoreMesh.",
    source=_VALIDATE,
    since="1.18",
)
KVSTOREMESH_HAS_MODES: Final = Behaviour(
    "The chart takes an external etcd for KVStoreMesh, under conditions.",
    source=_VALIDATE,
    since="1.18",
)
MESH_WITHOUT_CERTIFICATES: Final = Behaviour(
    "The chart refuses certificates of a mesh among its values.",
    source=_VALIDATE,
    since="1.20",
)
CLUSTERS_WANT_ADDRESSES: Final = Behaviour(
    "The chart refuses a cluster of the mesh without an address.",
    source="templates/clustermesh-config/_helpers.tpl of the charts; tests/charts/test_refusals.py",
)
CLUSTERS_HAVE_TWO_SHAPES: Final = Behaviour(
    "The chart takes the clusters of a mesh as a list or as a mapping.",
    source="templates/clustermesh-config/_helpers.tpl of the charts; tests/charts/test_refusals.py",
    since="1.19",
)
MESH_JOINS_LISTS_OF_NAMES: Final = Behaviour(
    "The chart joins further names of a mesh's certificate, in their old place, with names of its own.",
    source="templates/clustermesh-apiserver/_helpers.tpl of chart 1.20.0",
    since="1.20",
)
