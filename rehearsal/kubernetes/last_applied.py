"""The annotation that ``kubectl apply`` writes, and what a server-side apply of kubectl makes of it.

https://kubernetes.io/docs/reference/using-api/server-side-apply/#migrating-between-client-side-and-server-side-apply,
as ``lastappliedmanager.go`` and ``lastappliedupdater.go`` in ``pkg/util/managedfields/internal`` of
https://github.com/kubernetes/apimachinery do it.
"""

# belief: K8S-last-applied

from __future__ import annotations

import json
from typing import Final

from rehearsal.kubernetes.fields import Paths, compare, field_set, tracked
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.schemas.schema import Schema

ANNOTATION: Final = "kubectl.kubernetes.io/last-applied-configuration"
MANAGER: Final = "kubectl"
"""The manager of ``kubectl apply --server-side``, if it names no other."""


def taken_over(live: Object, schema: Schema) -> Paths:
    """The fields of the last client-side apply that nobody changed since: kubectl takes them over unasked."""
    last = _last(live)
    if last is None:
        return set()
    found = compare(last, live, schema)
    return tracked(field_set(last, schema)) - found.added - found.modified - found.removed


def renewed(made: Object, configuration: Object, live: Object) -> Object:
    """The object with the annotation of a configuration, where the object had one."""
    if _last(live) is None:
        return made
    metadata = {**configuration.get("metadata", {})}
    annotations = {**(metadata.get("annotations") or {})}
    annotations.pop(ANNOTATION, None)
    metadata.pop("annotations", None)
    metadata |= {"annotations": annotations} if annotations else {}
    text = json.dumps({**configuration, "metadata": metadata}, sort_keys=True, separators=(",", ":"))
    after = {**made["metadata"]}
    after["annotations"] = {**(after.get("annotations") or {}), ANNOTATION: f"{text}\n"}
    return {**made, "metadata": after}


def _last(live: Object) -> Object | None:
    text = (live["metadata"].get("annotations") or {}).get(ANNOTATION)
    try:
        last = json.loads(text) if text else None
    except ValueError:
        return None
    return last if isinstance(last, dict) else None
