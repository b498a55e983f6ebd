"""The properties of the custom resource, checked before any request is sent.

Beside the properties of `cluster` they are

- ``Seconds``: how long the gate waits.
- ``Passes``: how often in a row its checks must pass.

The function does not read ``Release`` and ``NodeGroups``: they change whenever the release or the nodes do,
so that the gate judges anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cluster import READERS, Cluster, cluster_of
from readers import Reader, read_all


@dataclass(frozen=True)
class Properties:
    """The custom resource's properties.

    Attributes:
        cluster: The EKS cluster and its API server.
        seconds: How long to wait.
        passes: How often in a row the checks must pass.
    """

    cluster: Cluster
    seconds: int
    passes: int

    @classmethod
    def of(cls, raw: object) -> Properties:
        """Read ``ResourceProperties``.

        Raises:
            PermanentError: With every property that is missing or malformed.
        """
        read = read_all(raw, {**READERS, **_READERS})
        return cls(cluster_of(read), *(read[name] for name in _READERS))


def _number(least: int, most: int) -> Reader:
    def read(value: object) -> int:
        # CloudFormation makes texts of numbers.
        if not isinstance(value, str | int) or not str(value).isdecimal() or not least <= int(value) <= most:
            raise ValueError(f"must be {least} to {most}, got {value!r}; synthesize it anew")
        return int(value)

    return read


# In the order of the attributes of `Properties`.
_READERS: Final[Mapping[str, Reader]] = {"Seconds": _number(1, 840), "Passes": _number(1, 10)}
