"""The names of files in known dumps, and what each holds.

Names of a ``cilium sysdump``: ``sysdump/constants.go`` of cilium/cilium-cli at 0.16, and
``cilium-cli/sysdump/constants.go`` of cilium/cilium since; both say ``k8s-pods-<ts>.yaml`` and the like, with
``<ts>`` as ``20060102-150405``. What each holds: ``sysdump.go`` beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_STAMPED: Final = re.compile(r"(?P<stem>.+?)-(?P<time>\d{8}-\d{6})(?P<rest>-prev)?\.(?P<form>\w+)$")

_KINDS: Final[Mapping[str, str]] = {
    "k8s-events": "Event",
    "k8s-leases": "Lease",
    "k8s-namespaces": "Namespace",
    "k8s-networkpolicies": "NetworkPolicy",
    "k8s-nodes": "Node",
    "k8s-pods": "Pod",
    "k8s-services": "Service",
    "ciliumclusterwidenetworkpolicies": "CiliumClusterwideNetworkPolicy",
    "ciliumendpoints": "CiliumEndpoint",
    "ciliumidentities": "CiliumIdentity",
    "ciliumnodeconfigs": "CiliumNodeConfig",
    "ciliumnetworkpolicies": "CiliumNetworkPolicy",
    "ciliumnodes": "CiliumNode",
}
_IN_CLUSTER_INFO: Final[Mapping[str, str]] = {
    "events": "Event",
    "services": "Service",
    "daemonsets": "DaemonSet",
    "deployments": "Deployment",
    "pods": "Pod",
}
_PARTS: Final = re.compile(
    r"(aws-node|cilium|cilium-envoy|cilium-node-init|hubble)-daemonset"
    r"|(cilium-operator|hubble-relay|hubble-ui|clustermesh-apiserver)-deployment"
    r"|(cilium|cni|cilium-envoy|hubble-relay)-configmap"
    r"|hubble-generate-certs-cronjob|hubble-certificates"
)
"""Objects of Cilium, and aws-node, out of all objects of their kinds."""

_NOT_READ: Final = re.compile(
    r"(^|/)(cilium-bugtool|tetragon-bugtool)-"  # its folder, of which only metrics are read
    r"|(^|/)(hubble-flows|hubble-observe|gops|cniconf|kvstore|cilium-spire-server-entries)-"
    r"|(^|/)cilium-helm-(values|metadata)-|(^|/)k8s-metrics-"
    r"|(^|/)cilium-sysdump\.log$|\.(html|pprof|trace|pcap|tar|gz|tgz|gops)$|(^|/)k8s-pods-[\d-]+\.txt$"
    r"|(^|/)\.|(^|/)__MACOSX/"
)
_BUGTOOL_METRICS: Final = re.compile(r"(?:^|/)cilium-bugtool-.+/cilium(?:-dbg)?-metrics-list\.md$")
"""``bugtool/cmd`` of cilium/cilium runs ``cilium metrics list``, since 1.15 ``cilium-dbg metrics list``, and
names the file after the command."""


def stem_of(name: str) -> str:
    """The name of a file without folders, time and ending, such as ``pods`` of pods.json."""
    base = name.rpartition("/")[2]
    stamped = _STAMPED.match(base)
    return stamped["stem"] if stamped else base.rpartition(".")[0]


def is_stamped(name: str) -> bool:
    """Whether a file is named as a sysdump names its files, with a time."""
    return bool(_STAMPED.match(name.rpartition("/")[2]))


def time_of(name: str) -> str:
    """The time in the name of a sysdump's file as ISO 8601, in UTC, for the name does not say the zone."""
    stamped = _STAMPED.match(name.rpartition("/")[2])
    if not stamped or not is_sysdump(name):
        return ""
    day, time = stamped["time"].split("-")
    return f"{day[:4]}-{day[4:6]}-{day[6:]}T{time[:2]}:{time[2:4]}:{time[4:]}+00:00"


def kind_by_name(name: str) -> str:
    """The kind of objects in a file of this name, in a dump of a known program; empty for another name."""
    if is_stamped(name):
        return _KINDS.get(stem_of(name), "")
    return _IN_CLUSTER_INFO[stem_of(name)] if namespace_of(name) else ""


def is_part(name: str) -> bool:
    """Whether a sysdump has in a file of this name only some objects of their kind."""
    return bool(is_stamped(name) and _PARTS.fullmatch(stem_of(name)))


def is_sysdump(name: str) -> bool:
    """Whether a file is one that every sysdump has."""
    return stem_of(name) == "k8s-nodes" and is_stamped(name)


def is_table_of_metrics(name: str) -> bool:
    """Whether a file has the metrics of an agent as a table."""
    return bool(_BUGTOOL_METRICS.search(name))


def is_not_read(name: str) -> bool:
    """Whether a file is known to hold nothing that a check reads."""
    return not is_table_of_metrics(name) and bool(_NOT_READ.search(name))


def namespace_of(name: str) -> str:
    """The namespace of a list that ``kubectl cluster-info dump`` wrote: its folder; empty for another file.

    https://kubernetes.io/docs/reference/kubectl/generated/kubectl_cluster-info/kubectl_cluster-info_dump/
    """
    folder, _, base = name.rpartition("/")
    known = base.endswith((".json", ".yaml")) and stem_of(base) in _IN_CLUSTER_INFO
    return folder.rpartition("/")[2] if known else ""
