"""Role-based access control, evaluated from the stored roles and bindings."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rehearsal.kubernetes.errors import ApiError
from rehearsal.kubernetes.model import Identity, Object
from rehearsal.kubernetes.store import ObjectKey, Store

RBAC = "rbac.authorization.k8s.io"
ANONYMOUS = "system:anonymous"
MASTERS = "system:masters"
_ACCOUNT = "system:serviceaccount:"


@dataclass(frozen=True)
class Attempt:
    """An action that needs a right.

    Attributes:
        verb: As RBAC names it: get, list, watch, create, update, patch, delete, deletecollection.
        group: The API group.
        resource: The plural, with ``/subresource`` for a subresource.
        namespace: The namespace; empty for a cluster-wide action.
        name: The object's name; empty for an action on many objects.
        path: The path, for an action on no object; then the fields above are empty.
    """

    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


@dataclass(frozen=True)
class Grant:
    """A rule that somebody has, and the words for its binding."""

    rule: Object
    reason: str


# belief: K8S-system-groups
def groups_of(identity: Identity) -> list[str]:
    """All groups of an identity, with the ones that it has by being authenticated or a service account."""
    if identity.username == ANONYMOUS:
        return ["system:unauthenticated"]
    given = sorted(identity.groups) if isinstance(identity.groups, frozenset) else list(identity.groups)
    groups = [each for each in given if each != "system:authenticated"]
    if identity.username.startswith(_ACCOUNT):
        namespace = identity.username.removeprefix(_ACCOUNT).partition(":")[0]
        of_accounts = ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
        groups = [*of_accounts, *(each for each in groups if each not in of_accounts)]
    return [*groups, "system:authenticated"]


class Authorizer:
    """Decides whether an identity may do something."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def allows(self, identity: Identity, attempt: Attempt) -> bool:
        """Whether a role that is bound to the identity grants the attempt."""
        return self.reason(identity, attempt) is not None

    def reason(
        self, identity: Identity, attempt: Attempt, groups: Collection[str] | None = None
    ) -> str | None:
        """Why the attempt is allowed, empty for an administrator; None if it is not.

        Args:
            groups: The identity's groups, if it has others than when it comes itself.
        """
        if is_administrator(identity):
            return ""
        with self._store.lock:
            for grant in self.grants(identity, attempt.namespace, groups):
                if covers(grant.rule, attempt):
                    return grant.reason
        return None

    def rules(self, identity: Identity, namespace: str) -> list[Object]:
        """The identity's rules in a namespace, including its cluster-wide rules."""
        if is_administrator(identity):
            everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
            return [everything, {"nonResourceURLs": ["*"], "verbs": ["*"]}]
        with self._store.lock:
            return [grant.rule for grant in self.grants(identity, namespace)]

    # belief: K8S-rbac
    def require(self, identity: Identity, attempt: Attempt) -> None:
        """Refuse an attempt that is not allowed.

        Raises:
            ApiError: 403 in the words of the real server.
        """
        if self.allows(identity, attempt):
            return
        if attempt.path:
            message = f'forbidden: User "{identity.username}" cannot {attempt.verb} path "{attempt.path}"'
            raise ApiError(403, "Forbidden", message)
        resource = attempt.resource.partition("/")[0]
        qualified = f"{resource}.{attempt.group}" if attempt.group else resource
        where = f'in the namespace "{attempt.namespace}"' if attempt.namespace else "at the cluster scope"
        subject = f'{qualified} "{attempt.name}"' if attempt.name else qualified
        message = (
            f'{subject} is forbidden: User "{identity.username}" cannot {attempt.verb} resource '
            f'"{attempt.resource}" in API group "{attempt.group}" {where}'
        )
        raise ApiError(403, "Forbidden", message, name=attempt.name, group=attempt.group, kind=resource)

    def grants(
        self, identity: Identity, namespace: str, groups: Collection[str] | None = None
    ) -> Iterator[Grant]:
        """The rules of an identity, cluster-wide and in a namespace; the store must be locked."""
        names = {*(groups_of(identity) if groups is None else groups)}
        for binding in self._store.peek(RBAC, "clusterrolebindings"):
            yield from self._granted(binding, identity, names)
        if namespace:
            for binding in self._store.peek(RBAC, "rolebindings", namespace):
                yield from self._granted(binding, identity, names)

    def _granted(self, binding: Object, identity: Identity, groups: set[str]) -> Iterator[Grant]:
        home = binding["metadata"].get("namespace", "")
        for subject in binding.get("subjects") or ():
            if _is(subject, identity, groups, home):
                reference = binding["roleRef"]
                name = binding["metadata"]["name"] + (f"/{home}" if home else "")
                kind = "RoleBinding" if home else "ClusterRoleBinding"
                reason = (
                    f'RBAC: allowed by {kind} "{name}" of {reference["kind"]} "{reference["name"]}" '
                    f"to {subject['kind']} {_quoted(subject, home)}"
                )
                yield from (Grant(rule, reason) for rule in self.role_rules(reference, home) or ())
                return

    def role_rules(self, reference: Object, namespace: str) -> list[Object] | None:
        """The rules of the role that a binding in a namespace refers to; None if the role is missing."""
        plural = "roles" if reference.get("kind") == "Role" else "clusterroles"
        home = namespace if plural == "roles" else ""
        role = self._store.get(ObjectKey(RBAC, plural, home, reference.get("name", "")))
        return None if role is None else list(role.get("rules") or ())


def is_administrator(identity: Identity) -> bool:
    """Whether an identity may do everything, whatever roles say."""
    return identity.cluster_admin or MASTERS in identity.groups


def _quoted(subject: Object, home: str) -> str:
    if subject["kind"] == "ServiceAccount":
        return f'"{subject["name"]}/{subject.get("namespace", home)}"'
    return f'"{subject["name"]}"'


def _is(subject: Object, identity: Identity, groups: set[str], namespace: str) -> bool:
    match subject.get("kind"):
        case "User":
            return bool(subject["name"] == identity.username)
        case "Group":
            return subject["name"] in groups
        case "ServiceAccount":
            home = subject.get("namespace", namespace)
            return identity.username == f"{_ACCOUNT}{home}:{subject['name']}"
    return False


def covers(rule: Object, attempt: Attempt) -> bool:
    """Whether a rule grants an attempt."""
    if not {"*", attempt.verb} & set(rule.get("verbs") or ()):
        return False
    if attempt.path:
        return any(_covers_path(url, attempt.path) for url in rule.get("nonResourceURLs") or ())
    names = rule.get("resourceNames")
    # A rule with names never covers a create: the object has no name yet when the server decides.
    if names and (attempt.verb == "create" or attempt.name not in names):
        return False
    subresource = attempt.resource.partition("/")[2]
    wanted = {"*", attempt.resource} | ({f"*/{subresource}"} if subresource else set())
    return bool({"*", attempt.group} & set(rule.get("apiGroups") or ())) and bool(
        wanted & set(rule.get("resources") or ())
    )


def _covers_path(url: str, path: str) -> bool:
    return url in ("*", path) or (url.endswith("*") and path.startswith(url[:-1]))
