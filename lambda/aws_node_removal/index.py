"""Takes aws-node off an EKS cluster before any node can run it, and kube-proxy where Cilium replaces it."""

from __future__ import annotations

from typing import Final

from custom_resource import CustomResource
from properties import Properties
from taking_off import create, delete, update

RESOURCE: Final = CustomResource(
    "aws-node-removal",
    read=Properties.of,
    create=create,
    update=update,
    delete=delete,
    # A change keeps the resource: every removal does the same.
    identity={"ClusterName": "unknown"},
)
handler = RESOURCE.handler
