"""Policies as properties of a custom resource; ``lambda/policy_set/properties.py`` reads them."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any, Final

EVENT_LIMIT: Final = 100_000
"""Characters that the packed policies of one set may take, with their digests.

An update's event holds the properties of before and after, and Lambda takes an event of 256 KB when
CloudFormation calls (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). Five hundred
policies of a kilobyte each pack into a fifth of it.
"""


def pack(manifests: list[dict[str, Any]]) -> str:
    """Policies as one text, as short as can be; the same manifests give the same text."""
    text = json.dumps(manifests, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")


def digests(manifests: list[dict[str, Any]]) -> dict[str, str]:
    """A digest of each policy by its name, by which a diff of templates tells what changes."""
    return {
        manifest["metadata"]["name"]: hashlib.sha256(
            json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")
        ).hexdigest()[:12]
        for manifest in manifests
    }
