"""What the operator refuses when it starts, and what agents wait for that it does not do.

Without an operator nodes get no addresses for pods, and no node becomes ready.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network
from typing import Final

from .configuration import Configuration
from .rule import Caution, Contradiction

_MANAGERS: Final = ("agent", "operator", "both")
_MANAGER: Final = "identityManagementMode"
_IN_ETCD: Final = ("kvstore", "doublewrite-readkvstore")
_POOL: Final = "bgpControlPlane.routerIDAllocation.ipPool"
#: A duration of nothing, as Go reads it: https://pkg.go.dev/time#ParseDuration
_NO_TIME: Final = re.compile(r"[-+]?(0+(\.0*)?(ns|us|µs|μs|ms|s|m|h)?)+")


def _managed_by_operator(given: Configuration) -> bool:
    return given.text(_MANAGER) in ("operator", "both")


def _never_collects_endpoints(given: Configuration) -> bool:
    interval = given.get("operator.endpointGCInterval")
    text = "0" if interval is False else given.text("operator.endpointGCInterval")
    return _NO_TIME.fullmatch(text) is not None and given.keeps_identities_in_resources


def _no_pool(given: Configuration) -> bool:
    by_pool = given.text("bgpControlPlane.routerIDAllocation.mode") == "ip-pool"
    if not (given.on("bgpControlPlane.enabled") and by_pool):
        return False
    try:
        IPv4Network(given.text(_POOL), strict=False)
    except ValueError:
        return True
    return "/" not in given.text(_POOL)


CONTRADICTIONS: Final = (
    Contradiction(
        id="CEK2373",
        name="unknown manager of identities",
        setting=_MANAGER,
        broken=lambda given: given.text(_MANAGER) not in ("", *_MANAGERS),
        rule=f"must be one of {', '.join(_MANAGERS)}: agents silently manage identities themselves otherwise",
        fix="remove it",
        source="newIdentityAllocator in pkg/identity/cache/cell; operator/pkg/ciliumidentity/cell.go",
    ),
    Contradiction(
        id="CEK2374",
        name="identities by an operator without the permission",
        setting=_MANAGER,
        broken=lambda given: given.by_option(_MANAGER) and _managed_by_operator(given),
        rule=f"must be set by overrides.{_MANAGER}: the chart lets the operator make CiliumIdentities by "
        "that value alone, and pods would wait for their identities",
        fix=f"set overrides.{_MANAGER} instead",
        source="templates/cilium-operator/clusterrole.yaml of the charts that have it",
    ),
    Contradiction(
        id="CEK2375",
        name="identities by the operator, read from etcd",
        setting=_MANAGER,
        broken=lambda given: (
            not given.by_option(_MANAGER)
            and given.text(_MANAGER) == "operator"
            and given.text("identityAllocationMode") in _IN_ETCD
            and given.uses_etcd
        ),
        rule="does not go with identityAllocationMode 'kvstore': the operator makes CiliumIdentities, and "
        "agents wait for theirs in etcd",
        fix="remove one of them",
        source="operator/pkg/ciliumidentity/reconciler.go; NewCachingIdentityAllocator in "
        "pkg/identity/cache/allocator.go",
    ),
    Contradiction(
        id="CEK2380",
        name="endpoints that nobody collects",
        setting="operator.endpointGCInterval",
        broken=_never_collects_endpoints,
        rule="must be longer than nothing: the operator does not start without it where identities are "
        "custom resources",
        fix="remove it; the chart's own is 5m",
        source="onStart in operator/cmd/root.go, startCRDIdentityGC of the operator before",
    ),
    Contradiction(
        id="CEK2381",
        name="ids of BGP routers out of no pool",
        setting="bgpControlPlane.routerIDAllocation.mode",
        broken=_no_pool,
        rule=f"needs an IPv4 range in {_POOL} as 'ip-pool': the operator gives routers no ids without one",
        fix=f"set {_POOL}, for example to '10.255.0.0/16', or remove it",
        source="operator/pkg/bgp/manager.go",
    ),
    Contradiction(
        id="CEK2384",
        name="slices of endpoints that nobody writes, past the chart",
        setting="ciliumEndpointSlice.enabled disableEndpointCRD",
        broken=lambda given: (
            given.endpoint_slices
            and given.on("disableEndpointCRD")
            and any(map(given.by_option, ("ciliumEndpointSlice.enabled", "disableEndpointCRD")))
        ),
        rule="does not go with disableEndpointCRD: agents do not start with both",
        fix="remove one of them",
        source="Populate in pkg/option/config.go",
    ),
)

CAUTIONS: Final = (
    Caution(
        name="identities in etcd without etcd",
        setting="identityAllocationMode",
        met=lambda given: given.text("identityAllocationMode") not in ("", "crd") and not given.uses_etcd,
        text="agents log that they keep identities in custom resources instead: etcd is off; set "
        "etcd.enabled with its endpoints, or remove it",
        source="Populate in pkg/option/config.go",
    ),
    Caution(
        name="endpoints that agents write all the same",
        setting="disableEndpointCRD",
        met=lambda given: given.on("disableEndpointCRD") and not given.uses_etcd,
        text="agents log that they write CiliumEndpoints all the same: etcd is off, and they need one of the "
        "two; remove it",
        source="Populate in pkg/option/config.go",
    ),
)
