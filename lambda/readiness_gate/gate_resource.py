"""The physical id of the gate, which remembers what the gate has let through.

CloudFormation does not tell a roll-back from another update. So the id has the fingerprints of the
properties that passed last, and of the properties before them. A roll-back goes back to one of the two,
whichever resource failed. A new id makes CloudFormation delete the former resource, which does nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Final

from custom_resource import CustomResource
from properties import Properties
from request import Request

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{12}")
# CDK's own, which may change while the gate stays as it is.
_NOT_JUDGED: Final = ("ServiceToken", "ServiceTimeout")


class GateResource(CustomResource[Properties]):
    """A custom resource whose physical id has what passed."""

    def _physical_id(self, request: Request) -> str:
        if request.type == "Delete":
            return super()._physical_id(request)
        given = request.properties if isinstance(request.properties, Mapping) else {}
        own = fingerprint(given)
        before = [each for each in passed(request.known_id) if each != own]
        return "/".join((self.name, str(given.get("ClusterName") or "unknown"), own, *before[:1]))


def fingerprint(properties: object) -> str:
    """A short text that changes with any property that the gate judges by."""
    given = properties if isinstance(properties, Mapping) else {}
    judged = {name: value for name, value in given.items() if name not in _NOT_JUDGED}
    return hashlib.sha256(json.dumps(judged, sort_keys=True, default=str).encode()).hexdigest()[:12]


def passed(physical_id: str) -> list[str]:
    """The fingerprints in a physical id."""
    return [part for part in physical_id.split("/")[2:] if _FINGERPRINT.fullmatch(part)]
