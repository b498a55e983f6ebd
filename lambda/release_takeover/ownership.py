"""Who manages the fields of an object, and how they become Helm's again.

Helm 4 applies on the server, without force: a field that another manager set to another value is a
conflict, and the release fails. The API server takes a changed ``metadata.managedFields`` as it is; client-go
moves fields from one manager to another by the same patch
(https://github.com/kubernetes/client-go/blob/master/util/csaupgrade/upgrade.go). Values stay as they are
until Helm applies. Then its values come back, and what it manages and does not set goes.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

# belief: HELM-4-applies-on-server, HELM-3-merges-in-client, K8S-managed-fields-can-change

# belief: HELM-manager-name
#: The name under which Helm applies: that of its program
#: (``getManagedFieldsManager`` in https://github.com/helm/helm/blob/v4.1.4/pkg/kube/client.go).
HELM: Final = "helm"
#: These follow what they observe. They lose the fields that they manage, so that Helm may set them, but what
#: they added stays.
CONTROLLERS: Final = frozenset(
    {
        "kube-controller-manager",
        "kube-scheduler",
        "cloud-controller-manager",
        "cilium-agent",
        "cilium-operator",
        "cilium-operator-aws",
        "cilium-operator-generic",
    }
)
_STATUS: Final = "status"
#: What is never removed, whoever added it: the garbage collector's fields, and the mark of
#: ``kubectl rollout restart``, whose removal would restart every pod again.
_KEPT: Final = (
    ("f:metadata", "f:finalizers"),
    ("f:metadata", "f:ownerReferences"),
    ("f:status",),
    (
        "f:spec",
        "f:template",
        "f:metadata",
        "f:annotations",
        "f:kubectl.kubernetes.io/restartedAt",
    ),
)

Fields = dict[str, Any]
"""A set of fields in the format FieldsV1."""


@dataclass
class Takeover:
    """How the fields of one object change hands.

    Attributes:
        entries: ``managedFields`` as they should be.
        taken: By manager and time, the fields that Helm gets, in words.
        freed: Likewise the fields that nobody manages any more.
        changed: Whether anything changes hands, also from Helm of another version to Helm.
    """

    entries: list[dict[str, Any]]
    taken: dict[str, list[str]] = field(default_factory=dict)
    freed: dict[str, list[str]] = field(default_factory=dict)
    changed: bool = False


def is_applied_by_helm(found: Mapping[str, Any]) -> bool:
    """Whether Helm applied the object on the server, as Helm 4 does; Helm 3 merges in the client."""
    return any(_is_helm(entry) for entry in _entries(found))


def takeover_of(found: Mapping[str, Any]) -> Takeover:
    """How everything that others manage in an object becomes Helm's, or nobody's."""
    entries = _entries(found)
    version = str(found.get("apiVersion") or next((e.get("apiVersion") for e in entries), ""))
    helm = copy.deepcopy(next((entry for entry in entries if _is_helm(entry)), None)) or {
        "manager": HELM,
        "operation": "Apply",
        "apiVersion": version,
        "fieldsType": "FieldsV1",
        "fieldsV1": {},
        **({"time": entries[0]["time"]} if entries and "time" in entries[0] else {}),
    }
    result = Takeover([])
    for entry in entries:
        if _is_helm(entry):
            continue
        if entry.get("subresource") == _STATUS:
            result.entries.append(entry)
            continue
        result.changed = True
        _take(entry, helm, result)
    if helm["fieldsV1"]:
        result.entries.insert(0, helm)
    return result


def _take(entry: dict[str, Any], helm: dict[str, Any], result: Takeover) -> None:
    fields = entry.get("fieldsV1") or {}
    # Paths of another version may name other fields.
    foreign = entry.get("apiVersion") != helm["apiVersion"]
    if entry.get("manager") in CONTROLLERS or foreign:
        result.freed[_who(entry)] = [words(path) for path in paths(fields)]
        return
    taken = _without_kept(fields)
    _merge(helm["fieldsV1"], taken)
    if entry.get("manager") == HELM:
        return  # Helm 3, or Helm of another kind of request
    given = [words(path) for path in paths(taken)]
    left = [text for text in map(words, paths(fields)) if text not in given]
    for fields_of, texts in ((result.taken, given), (result.freed, left)):
        if texts:
            fields_of[_who(entry)] = texts


def _entries(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    entries = found.get("metadata", {}).get("managedFields")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _is_helm(entry: Mapping[str, Any]) -> bool:
    return (entry.get("manager"), entry.get("operation")) == (HELM, "Apply") and not entry.get("subresource")


def _who(entry: Mapping[str, Any]) -> str:
    below = f" ({entry['subresource']})" if entry.get("subresource") else ""
    since = f" at {entry['time']}" if entry.get("time") else ""
    return f"{entry.get('manager') or 'unknown'}{below}{since}"


def _without_kept(fields: Fields, path: tuple[str, ...] = ()) -> Fields:
    left: Fields = {}
    for part, below in fields.items():
        at = (*path, part)
        if at in _KEPT:
            continue
        rest = _without_kept(below, at) if below else below
        if rest or not below:
            left[part] = rest
    return left


def _merge(into: Fields, more: Fields) -> None:
    """Add a set to another. A member without parts is the member itself, which is ``.`` beside parts."""
    for part, below in more.items():
        if part not in into:
            into[part] = copy.deepcopy(below)
            continue
        there = into[part]
        if bool(there) != bool(below) and part != ".":
            there.setdefault(".", {})
        _merge(there, below)


def paths(fields: Fields, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The members of a set."""
    for part, below in fields.items():
        if part == ".":
            # Kubernetes also marks the mapping around a new member, which adds only noise here.
            if path and path[-1].startswith(("k:", "v:")):
                yield path
        elif below:
            yield from paths(below, (*path, part))
        else:
            yield (*path, part)


def words(path: tuple[str, ...]) -> str:
    """A path as messages of Kubernetes write it."""
    text = ""
    for part in path:
        kind, _, rest = part.partition(":")
        if kind == "f":
            text += f".{rest}"
        elif kind == "k":
            text += f"[{','.join(f'{key}={json.dumps(value)}' for key, value in json.loads(rest).items())}]"
        else:
            text += f"[{rest}]"
    return text
