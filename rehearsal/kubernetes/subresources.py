"""What is created below an object: tokens, evictions and bindings; and what no kubelet answers here."""

# belief: K8S-subresources

from __future__ import annotations

import copy
from typing import Any, Final

from rehearsal.kubernetes.calls import Target
from rehearsal.kubernetes.errors import ApiError, bad_request
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.options import delete_options, is_dry_run
from rehearsal.kubernetes.store import Store
from rehearsal.kubernetes.tokens import Tokens

_DONE: Final = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}
#: What a kubelet, a node or a workload answers on a real cluster.
OF_KUBELETS: Final = frozenset({"attach", "exec", "log", "portforward", "proxy"})


class Subresources:
    """Creates what clients post below an object."""

    def __init__(self, store: Store, tokens: Tokens) -> None:
        self._store, self._tokens = store, tokens

    # belief: K8S-subresources
    def create(self, target: Target, found: Object, body: Any, *, dry_run: bool) -> Object:
        """Do what a POST to a subresource asks for.

        Args:
            target: The subresource.
            found: The object above it.
            body: What was posted.
            dry_run: Whether to change nothing.

        Raises:
            ApiError: 400, 409 or 422, it cannot be done.
        """
        if not isinstance(body, dict):
            raise bad_request("the body is not an object")
        match target.subresource:
            case "token":
                return self._tokens.issue(found, body)
            case "eviction":
                return self._evict(target, body, dry_run=dry_run)
            case "binding":
                return self._bind(target, found, body, dry_run=dry_run)
        raise unanswered(target, found)

    def _evict(self, target: Target, body: Object, *, dry_run: bool) -> Object:
        options = body.get("deleteOptions") or {}
        tried = delete_options({}, options).dry_run or is_dry_run("Eviction", options.get("dryRun") or ())
        self._store.delete(target.key, dry_run=dry_run or tried)
        return dict(_DONE)

    # belief: K8S-subresources
    def _bind(self, target: Target, found: Object, body: Object, *, dry_run: bool) -> Object:
        node = (body.get("target") or {}).get("name") or ""
        present = found.get("spec", {}).get("nodeName")
        if present:
            problem = f'pod {target.name} is already assigned to node "{present}"'
            message = f'Operation cannot be fulfilled on pods/binding "{target.name}": {problem}'
            raise ApiError(409, "Conflict", message, name=target.name, kind="pods/binding")
        new = copy.deepcopy(found)
        new.setdefault("spec", {})["nodeName"] = node
        self._store.update(target.key, new, dry_run=dry_run)
        return dict(_DONE)


# belief: K8S-subresources
def unanswered(target: Target, found: Object) -> ApiError:
    """The refusal of what only a kubelet could answer."""
    node = found.get("spec", {}).get("nodeName")
    if target.resource.plural != "pods" or not node:
        return bad_request(f"pod {target.name} does not have a host assigned")
    message = f'Get "https://{node}:10250/": the nodes of a rehearsal have no kubelet'
    return ApiError(500, "InternalError", f"Internal error occurred: {message}")
