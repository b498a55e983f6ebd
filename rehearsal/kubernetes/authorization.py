"""Role-based access control, evaluated from the stored roles and bindings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Identity, Object
from rehearsal.kubernetes.store import ObjectKey, Store

RBAC = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class Attempt:
    """An action that needs a right.

    Attributes:
        verb: As RBAC names it: get, list, watch, create, update, patch, delete, deletecollection.
        group: The API group.
        resource: The plural, with ``/subresource`` for a subresource.
        namespace: The namespace; empty for a cluster-wide action.
        name: The object's name; empty for an action on many objects.
    """

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""


class Authorizer:
    """Decides whether an identity may do something."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def allows(self, identity: Identity, attempt: Attempt) -> bool:
        """Whether a role that is bound to the identity grants the attempt."""
        if identity.cluster_admin or "system:masters" in identity.groups:
            return True
        return any(_grants(rule, attempt) for rule in self._rules(identity, attempt.namespace))

    def rules(self, identity: Identity, namespace: str) -> list[Object]:
        """The identity's rules in a namespace, including its cluster-wide rules."""
        if identity.cluster_admin:
            return [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
        return list(self._rules(identity, namespace))

    # belief: K8S-rbac
    def require(self, identity: Identity, attempt: Attempt) -> None:
        """Refuse an attempt that is not allowed.

        Raises:
            ApiError: 403 in the words of the real server.
        """
        if self.allows(identity, attempt):
            return
        resource = attempt.resource.partition("/")[0]
        qualified = f"{resource}.{attempt.group}" if attempt.group else resource
        where = f'in the namespace "{attempt.namespace}"' if attempt.namespace else "at the cluster scope"
        subject = f'{qualified} "{attempt.name}"' if attempt.name else qualified
        message = (
            f'{subject} is forbidden: User "{identity.username}" cannot {attempt.verb} resource '
            f'"{attempt.resource}" in API group "{attempt.group}" {where}'
        )
        raise ApiError(403, "Forbidden", message, name=attempt.name, group=attempt.group, kind=resource)

    def _rules(self, identity: Identity, namespace: str) -> Iterator[Object]:
        bindings = self._store.find(RBAC, "clusterrolebindings")
        if namespace:
            bindings += self._store.find(RBAC, "rolebindings", namespace)
        for binding in bindings:
            home = binding["metadata"].get("namespace", "")
            if any(_is(subject, identity, home) for subject in binding.get("subjects") or ()):
                yield from self._role_rules(binding["roleRef"], home)

    def _role_rules(self, reference: Object, namespace: str) -> list[Object]:
        plural = "roles" if reference["kind"] == "Role" else "clusterroles"
        home = namespace if plural == "roles" else ""
        role = self._store.get(ObjectKey(RBAC, plural, home, reference["name"]))
        return list((role or {}).get("rules") or ())


def _is(subject: Object, identity: Identity, namespace: str) -> bool:
    match subject.get("kind"):
        case "User":
            return bool(subject["name"] == identity.username)
        case "Group":
            return subject["name"] in identity.groups | {"system:authenticated"}
        case "ServiceAccount":
            home = subject.get("namespace", namespace)
            return identity.username == f"system:serviceaccount:{home}:{subject['name']}"
    return False


def _grants(rule: Object, attempt: Attempt) -> bool:
    names = rule.get("resourceNames")
    # A rule with names never covers a create: the object has no name yet when the server decides.
    if names and (attempt.verb == "create" or attempt.name not in names):
        return False
    resources = rule.get("resources") or []
    subresource = attempt.resource.partition("/")[2]
    return (
        bool({"*", attempt.verb} & set(rule.get("verbs") or ()))
        and bool({"*", attempt.group} & set(rule.get("apiGroups") or ()))
        and bool({"*", attempt.resource, f"*/{subresource}"} & set(resources))
    )
