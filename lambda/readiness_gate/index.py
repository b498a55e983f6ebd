"""Lets a stack be done only when its cluster gives pods addresses and answers for names."""

from __future__ import annotations

from typing import Final

from gate_resource import GateResource
from properties import Properties
from serving import create, delete, update

RESOURCE: Final = GateResource(
    "readiness-gate",
    read=Properties.of,
    create=create,
    update=update,
    delete=delete,
    identity={"ClusterName": "unknown"},
)
handler = RESOURCE.handler
