"""The sides of recorded flows, from the labels of their identities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any, Final

from .record import Party, Unjudged, canonical_address

_NAMESPACE: Final = "k8s:io.kubernetes.pod.namespace="
_CLUSTER: Final = "k8s:io.cilium.k8s.policy.cluster="

# Identities that are always the same, `pkg/identity/numericidentity.go`.
_RESERVED: Final = {
    1: "host", 2: "world", 3: "unmanaged", 4: "health", 5: "init", 6: "remote-node", 7: "kube-apiserver",
    8: "ingress", 9: "world", 10: "world",
}  # fmt: skip
_WORLD: Final = frozenset({"world", "world-ipv4", "world-ipv6"})

# More telling first: an API server on a node has both labels, an address outside can be the API server.
_API_SERVER: Final = "kube-apiserver"
_ENTITIES: Final = (_API_SERVER, "ingress", "health", "host", "remote-node", "unmanaged")

# A name that a ReplicaSet, a DaemonSet or a Job adds to: web-6d4cf56db6-x2x7z, cilium-4mz8c, db-0.
# Letters as `SafeEncodeString` in Kubernetes' apimachinery/pkg/util/rand has them.
_LETTERS: Final = "[bcdfghjklmnpqrstvwxz2456789]"
_GENERATED: Final = re.compile(rf"(-{_LETTERS}{{5,10}})?-{_LETTERS}{{5}}$|-\d+$")
_NAMING: Final = ("app.kubernetes.io/name", "k8s-app", "app")


class RecordedEndpoint(dict[str, Any]):
    """An ``Endpoint`` of flow.proto that comes with many flows, and what is found out about it once."""

    @cached_property
    def party(self) -> Party | Unjudged | None:
        """The side without its address; None for an address outside the cluster."""
        return _described(self)

    @property
    def pod(self) -> Party | None:
        """The side if it is a pod, which no address and no name changes."""
        party = self.party
        return party if isinstance(party, Party) and party.kind == "pod" else None


def party_of(endpoint: Mapping[str, Any], address: str, names: Iterable[str]) -> Party | Unjudged:
    """The side that an ``Endpoint`` of flow.proto with an address describes.

    Labels decide, because policies mean labels; without labels, an identity that is always the same does.
    """
    found = endpoint.party if isinstance(endpoint, RecordedEndpoint) else _described(endpoint)
    if found is None:
        return _world(address, names)
    if isinstance(found, Party) and found.name == _API_SERVER:
        return replace(found, address=address)
    return found


def _described(endpoint: Mapping[str, Any]) -> Party | Unjudged | None:
    labels = _labels(endpoint)
    identity = 0 if labels else endpoint.get("identity")
    pod = endpoint.get("pod_name") or endpoint.get("podName")
    return _party(labels, identity, *_maker(endpoint), str(pod or ""))


@lru_cache(maxsize=1 << 14)
def _party(
    labels: tuple[str, ...], identity: Any, kind: str, maker: str, pod: str
) -> Party | Unjudged | None:
    """The side without its address; None for an address outside the cluster.

    It is remembered: a cluster has some thousand endpoints, and to sort out the labels of one takes a third
    of the time of decoding a flow.
    """
    labels = tuple(sorted(labels))
    namespace = next((each[len(_NAMESPACE) :] for each in labels if each.startswith(_NAMESPACE)), "")
    reserved = {each[9:] for each in labels if each.startswith("reserved:")}
    if not labels and identity in _RESERVED:
        reserved = {_RESERVED[int(identity)]}
    if "init" in reserved:
        return Unjudged("a pod whose labels Cilium did not know yet (identity init)")
    if namespace:
        kind, name = (kind, maker) if maker else ("", _workload_name(labels, pod))
        return Party("pod", f"{namespace}/{name}", namespace, labels, kind)
    found = next((name for name in _ENTITIES if name in reserved), None)
    if found is not None:
        return Party("entity", found)
    if reserved & _WORLD or any(each.startswith(("cidr:", "fqdn:")) for each in labels):
        return None
    if labels:
        return Unjudged(f"an endpoint that is neither a pod nor an entity ({', '.join(labels[:3])})")
    return Unjudged("the identity of a side is not in the record")


def _labels(endpoint: Mapping[str, Any]) -> tuple[str, ...]:
    """The labels of an identity, with the name of the cluster that flows also have in a field of its own."""
    labels = [str(each) for each in endpoint.get("labels") or ()]
    cluster = endpoint.get("cluster_name") or endpoint.get("clusterName")
    is_pod = any(each.startswith(_NAMESPACE) for each in labels)
    if cluster and is_pod and not any(each.startswith(_CLUSTER) for each in labels):
        labels.append(f"{_CLUSTER}{cluster}")
    return tuple(labels)


def _world(address: str, names: Iterable[str]) -> Party | Unjudged:
    text = canonical_address(address)
    if text is None:
        return Unjudged("an address outside the cluster is not in the record")
    return Party("world", text, names=tuple(sorted({each.rstrip(".").lower() for each in names if each})))


def _maker(endpoint: Mapping[str, Any]) -> tuple[str, str]:
    """Kind and name of what makes a pod, if the record says so."""
    workloads = endpoint.get("workloads")
    if isinstance(workloads, list) and workloads and isinstance(workloads[0], Mapping):
        return str(workloads[0].get("kind") or ""), str(workloads[0].get("name") or "")
    return "", ""


def _workload_name(labels: Sequence[str], pod: str) -> str:
    """The name of what makes a pod, from its labels or its own name."""
    plain = dict(each.removeprefix("k8s:").partition("=")[::2] for each in labels)
    named = next((plain[key] for key in _NAMING if plain.get(key)), "")
    return named or _GENERATED.sub("", pod) or "unnamed"
