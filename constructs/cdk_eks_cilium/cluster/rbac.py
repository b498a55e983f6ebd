"""Rights in Kubernetes, as manifests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

RBAC: Final = "rbac.authorization.k8s.io"


def role_and_binding(
    name: str, group: str, rules: Sequence[dict[str, Any]], namespace: str | None = None
) -> list[dict[str, Any]]:
    """A role with rules and its binding to a group, in a namespace; without one for the whole cluster."""
    prefix = "" if namespace else "Cluster"
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return [
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": f"{prefix}Role",
            "metadata": metadata,
            "rules": list(rules),
        },
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": f"{prefix}RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": RBAC, "kind": f"{prefix}Role", "name": name},
            "subjects": [{"apiGroup": RBAC, "kind": "Group", "name": group}],
        },
    ]
