"""The properties of the custom resource, checked before any request is sent.

Beside the properties of `cluster` they are

- ``Release`` and ``Namespace``: the release's name, and where Helm keeps it.
- ``Types``: the types of the release's objects in its namespace, as ``apps/v1/daemonsets``.
- ``ClusterTypes``: likewise the types whose objects are clusterwide, or in any namespace.
- ``Named``: objects in the namespace that are the release's even without Helm's marks, and objects of types
  that cannot be listed, as ``v1/configmaps/cilium-config``.

`minor_skip` reads ``CiliumVersion`` and ``MinorSkipAllowed``, of this request and of the one before.
The function does not read ``Values`` and ``References``: they change whenever the release does, so that
CloudFormation asks the function before Helm.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cluster import READERS, Cluster, cluster_of
from readers import DNS_LABEL, DNS_NAME, Reader, matching, read_all

_TYPE: Final = re.compile(r"([a-z0-9.-]+/)?v[0-9a-z]+/[a-z]+", re.ASCII)
_OBJECT: Final = re.compile(rf"{_TYPE.pattern}/[a-z0-9.-]+", re.ASCII)


@dataclass(frozen=True)
class Properties:
    """The custom resource's properties.

    Attributes:
        cluster: The EKS cluster and its API server.
        release: The release's name.
        namespace: The release's namespace.
        types: Types in that namespace.
        cluster_types: Types of the whole cluster.
        named: Objects in that namespace, with their types.
    """

    cluster: Cluster
    release: str
    namespace: str
    types: tuple[str, ...]
    cluster_types: tuple[str, ...]
    named: tuple[str, ...]

    @classmethod
    def of(cls, raw: object) -> Properties:
        """Read ``ResourceProperties``.

        Raises:
            PermanentError: With every property that is missing or malformed.
        """
        read = read_all(raw, {**READERS, **_READERS})
        return cls(cluster_of(read), *(read[name] for name in _READERS))


def _list_of(pattern: re.Pattern[str], example: str) -> Reader:
    def read(value: object) -> tuple[str, ...]:
        items = value if isinstance(value, list) else [value]
        for item in items:
            if not isinstance(item, str) or not pattern.fullmatch(item):
                raise ValueError(f"must be a list of texts as {example!r}, got {item!r}; synthesize it anew")
        return tuple(items)

    return read


# In the order of the attributes of `Properties`.
_READERS: Final[Mapping[str, Reader]] = {
    "Release": matching(DNS_NAME, "must be a Helm release's name", "pass one like 'cilium'"),
    "Namespace": matching(DNS_LABEL, "must be a namespace's name", "pass one like 'kube-system'"),
    "Types": _list_of(_TYPE, "apps/v1/daemonsets"),
    "ClusterTypes": _list_of(_TYPE, "rbac.authorization.k8s.io/v1/clusterroles"),
    "Named": _list_of(_OBJECT, "v1/configmaps/cilium-config"),
}
