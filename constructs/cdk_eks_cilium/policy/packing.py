"""Policies as properties of a custom resource; ``lambda/policy_set/properties.py`` reads them."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from typing import Any, Final

EVENT_LIMIT: Final = 100_000
"""The most characters of the packed policies of one set, with their digests.

An update's event holds the properties before and after, and Lambda accepts 256 KB when CloudFormation calls
(https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). Five hundred
policies of a kilobyte each pack into a fifth of it.
"""


def pack(manifests: list[dict[str, Any]]) -> str:
    """Pack policies into one short text. The same manifests give the same text."""
    text = json.dumps(manifests, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")


def digests(manifests: list[dict[str, Any]]) -> dict[str, str]:
    """A digest of each policy by its name, so that a diff of templates shows which policies change."""
    return {
        manifest["metadata"]["name"]: hashlib.sha256(
            json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")
        ).hexdigest()[:12]
        for manifest in manifests
    }
