"""Takes objects of a Helm release back from whoever changed them, before Helm applies the release again.

It refuses an update that skips a minor of Cilium.
"""

from __future__ import annotations

from typing import Final

from custom_resource import CustomResource
from properties import Properties
from serving import delete, take_back, update

RESOURCE: Final = CustomResource(
    "release-takeover",
    read=Properties.of,
    create=take_back,
    update=update,
    delete=delete,
    identity={"ClusterName": "unknown", "Release": "unknown"},
)
handler = RESOURCE.handler
