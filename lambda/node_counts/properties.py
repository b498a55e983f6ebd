"""The properties of the custom resource, checked before EKS is asked.

They are

- ``ClusterName``: the EKS cluster.
- ``LogicalId``: the logical id of the node group, in the stack of the custom resource.
- ``Group``: the node group's own properties. The function reads the numbers in ``ScalingConfig``, where
  ``DesiredSize`` is the initial one. The others are there so that CloudFormation asks the function whenever
  it would update the group.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from readers import matching, read_all

# https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
_CLUSTER_NAME: Final = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", re.ASCII)
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
_LOGICAL_ID: Final = re.compile(r"[A-Za-z0-9]{1,255}", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,6}", re.ASCII)
_NUMBERS: Final = ("MinSize", "MaxSize", "DesiredSize")


@dataclass(frozen=True)
class Properties:
    """The custom resource's properties.

    Attributes:
        cluster_name: EKS's name of the cluster.
        logical_id: The node group's logical id.
        min_size: The fewest nodes that the group may have.
        max_size: The most.
        initial_size: Nodes of a new group.
    """

    cluster_name: str
    logical_id: str
    min_size: int
    max_size: int
    initial_size: int

    @classmethod
    def of(cls, raw: object) -> Properties:
        """Read ``ResourceProperties``.

        Raises:
            PermanentError: With every property that is missing or malformed.
        """
        read = read_all(raw, _READERS)
        return cls(read["ClusterName"], read["LogicalId"], *read["Group"])

    def clamp(self, size: int) -> int:
        """The number within the least and the most nodes that is next to *size*."""
        return max(self.min_size, min(size, self.max_size))


def _sizes(value: object) -> tuple[int, int, int]:
    scaling = value.get("ScalingConfig") if isinstance(value, Mapping) else None
    given = scaling if isinstance(scaling, Mapping) else {}
    # CloudFormation hands numbers over as text.
    texts = [str(given.get(name, "")) for name in _NUMBERS]
    rule = f"must have a ScalingConfig with the numbers {', '.join(_NUMBERS)}"
    if not all(map(_NUMBER.fullmatch, texts)):
        raise ValueError(f"{rule}, got {scaling!r}; synthesize it anew")
    least, most, initial = map(int, texts)
    if not least <= initial <= most:
        raise ValueError(f"{rule}, in this order of size: least, initial, most; got {scaling!r}")
    return least, most, initial


_READERS: Final = {
    "ClusterName": matching(
        _CLUSTER_NAME, "must be an EKS cluster's name", "pass the cluster's name, not its ARN"
    ),
    "LogicalId": matching(_LOGICAL_ID, "must be the node group's logical id", "synthesize it anew"),
    "Group": _sizes,
}
