"""Keeps a set of Cilium's network policies as declared, in a namespace or clusterwide."""

from __future__ import annotations

from typing import Final

from custom_resource import CustomResource
from keeping import TAKE_BACK, create, delete, update
from properties import Properties

RESOURCE: Final = CustomResource(
    "policy-set",
    read=Properties.of,
    create=create,
    update=update,
    delete=delete,
    identity={"ClusterName": "unknown", "Namespace": "clusterwide", "Owner": "unknown"},
    replaced_by=("Namespace", "Owner"),
    reserve=TAKE_BACK + 10,
)
handler = RESOURCE.handler
