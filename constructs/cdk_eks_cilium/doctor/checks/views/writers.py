"""Who wrote what in an object, as the API server remembers it in ``metadata.managedFields``.

https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers has the form: an entry for each
manager, with its fields as ``fieldsV1``, in which ``f:data`` stands for the field ``data``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdk_eks_cilium.doctor.engine.fields import at
from cdk_eks_cilium.doctor.engine.reader import Object

HELM: Final = "helm"
"""The manager of everything that a chart installs: belief HELM-manager-name."""

GIVE_BACK: Final = (
    "# Write what should stay into the settings. Then give the fields back to Helm, and their values:\n"
    "helm --namespace kube-system get manifest cilium | "
    "kubectl apply --server-side --field-manager helm --force-conflicts --filename -"
)
"""How a field that was changed by hand becomes the chart's again."""

_BY_THEMSELVES: Final = frozenset({"kube-controller-manager", "kubelet", "eks"})


def entries(found: Object) -> list[Mapping[str, Any]]:
    """The entries about what people want, not about the status; empty where the source leaves them out.

    ``kubectl scale`` has an entry of its own, with the subresource ``scale``.
    """
    every = at(found, "metadata.managedFields") or ()
    return [each for each in every if each.get("subresource") != "status"]


def by_helm(found: Object) -> bool:
    """Whether a chart installed the object."""
    return any(each.get("manager") == HELM for each in entries(found))


def by_hand(found: Object, field: str) -> Iterator[tuple[str, str]]:
    """Yield each field below *field* that people or their tools own alone, with the manager.

    A field that Helm owns too has the value that the chart gives it.
    """
    charted = {
        path
        for each in entries(found)
        if each.get("manager") == HELM
        for path in _paths(at(each, f"fieldsV1.f:{field}") or {}, field)
    }
    for each in entries(found):
        manager = str(each.get("manager", ""))
        if manager == HELM or manager in _BY_THEMSELVES:
            continue
        for path in _paths(at(each, f"fieldsV1.f:{field}") or {}, field):
            if path not in charted and "restartedAt" not in path:
                yield path, manager


def _paths(fields: Mapping[str, Any], above: str) -> Iterator[str]:
    for key, below in fields.items():
        if key == ".":
            continue
        path = f"{above}.{key.removeprefix('f:')}"
        if below:
            yield from _paths(below, path)
        else:
            yield path
