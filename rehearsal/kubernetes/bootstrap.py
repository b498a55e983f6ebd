"""The roles and bindings that every API server makes by itself, as Kubernetes 1.36 makes them.

https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go

The roles of the controllers are left out: the controllers of this cluster need no rights.
"""

# belief: K8S-bootstrap-roles

from __future__ import annotations

import functools
import json
from pathlib import Path

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import BUILT_IN
from rehearsal.kubernetes.store import ObjectKey, Store

_DATA = Path(__file__).with_suffix(".jsonl")
_RBAC = {each.kind: each for each in BUILT_IN if each.group == "rbac.authorization.k8s.io"}


@functools.cache
def _objects() -> tuple[tuple[ObjectKey, Object], ...]:
    found = [json.loads(line) for line in _DATA.read_text().splitlines()]
    return tuple((_key(each), each) for each in found)


def _key(found: Object) -> ObjectKey:
    resource, metadata = _RBAC[found["kind"]], found["metadata"]
    return ObjectKey(resource.group, resource.plural, metadata.get("namespace", ""), metadata["name"])


def make_roles(store: Store) -> None:
    """Make the roles and bindings in a new store."""
    for key, found in _objects():
        store.create(key, found)
