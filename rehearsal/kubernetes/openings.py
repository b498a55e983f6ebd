"""Where a new object may go: its place must be the one in the path, and must not be on its way out."""

# belief: K8S-namespace-goes-with-content

from __future__ import annotations

from typing import Any

from rehearsal.kubernetes.calls import Target
from rehearsal.kubernetes.errors import ApiError, bad_request, forbidden
from rehearsal.kubernetes.store import ObjectKey, Store


# belief: K8S-requests
def check_place(target: Target, body: Any) -> None:
    """Refuse an object whose name or namespace is not that of the path.

    Raises:
        ApiError: 400, it is another one.
    """
    metadata = body.get("metadata") if isinstance(body, dict) else None
    metadata = metadata if isinstance(metadata, dict) else {}
    namespace, name = metadata.get("namespace"), metadata.get("name")
    if target.name and name and name != target.name:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({target.name})"
        )
    if namespace and namespace != target.namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )


# belief: K8S-namespace-goes-with-content, K8S-crd-adds-a-type
def check_open(store: Store, target: Target, name: str) -> None:
    """Refuse a new object in a namespace, or of a type, that is being deleted.

    Raises:
        ApiError: 403, with the cause.
    """
    resource = target.resource
    qualified = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
    begin = f'{qualified} "{name}" is forbidden: '
    details = {"name": name, "group": resource.group, "kind": resource.plural}
    if resource.namespaced and _ends(store, ObjectKey("", "namespaces", "", target.namespace)):
        message = (
            f"unable to create new content in namespace {target.namespace} because it is being terminated"
        )
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {target.namespace} is being terminated",
            "field": "metadata.namespace",
        }
        raise ApiError(403, "Forbidden", begin + message, causes=[cause], **details)
    definition = ObjectKey(
        "apiextensions.k8s.io", "customresourcedefinitions", "", f"{resource.plural}.{resource.group}"
    )
    if resource.custom and _ends(store, definition):
        message = "create not allowed while custom resource definition is terminating"
        raise ApiError(403, "Forbidden", begin + message, **details)


# belief: K8S-pods-name-what-exists
def check_pod(store: Store, target: Target, body: Any) -> None:
    """Refuse a new pod whose service account or priority class is missing.

    Raises:
        ApiError: 403, with the name of what is missing.
    """
    spec = body.get("spec") or {}
    account, priority = spec.get("serviceAccountName"), spec.get("priorityClassName") or "system-none"
    problem, classes = "", ("scheduling.k8s.io", "priorityclasses")
    if account and store.get(ObjectKey("", "serviceaccounts", target.namespace, account)) is None:
        where = f"{target.namespace}/{account}"
        problem = f'error looking up service account {where}: serviceaccount "{account}" not found'
    elif not priority.startswith("system-") and store.get(ObjectKey(*classes, "", priority)) is None:
        problem = f"no PriorityClass with name {priority} was found"
    if problem:
        raise forbidden("pods", body["metadata"]["name"], problem)


def _ends(store: Store, key: ObjectKey) -> bool:
    found = store.get(key)
    return bool(found and found["metadata"].get("deletionTimestamp"))
