"""Answers how many nodes a managed node group should have, so that a deploy keeps an autoscaler's choice.

Create and Update look; Delete does nothing.
"""

from __future__ import annotations

from typing import Final

from custom_resource import CustomResource
from logs import Log
from properties import Properties
from request import Request


def _count(request: Request, properties: Properties) -> dict[str, str]:
    """The attribute DesiredSize: the group's own number where there is a group, else the initial one."""
    deadline = request.deadline()
    # Loading EKS's client takes time, which a Delete does not need.
    from node_groups import NodeGroups, make_eks

    found = NodeGroups(make_eks(), properties.cluster_name, deadline).made_by(
        request.stack_id, properties.logical_id
    )
    size = properties.initial_size if found is None else properties.clamp(found.desired_size)
    Log("node_counts").info(
        {
            "resource": properties.logical_id,
            "group": found.name if found else "missing",
            "nodes now": found.desired_size if found else 0,
            "DesiredSize": size,
        }
    )
    return {"DesiredSize": str(size)}


def _nothing(request: Request, properties: Properties) -> None:
    """Do nothing: the resource is an answer, and leaves nothing behind."""


RESOURCE: Final = CustomResource(
    "node-count",
    read=Properties.of,
    create=_count,
    update=_count,
    delete=_nothing,
    identity={"ClusterName": "unknown", "LogicalId": "unknown"},
)
handler = RESOURCE.handler
