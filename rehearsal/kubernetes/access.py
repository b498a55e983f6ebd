"""What a call needs rights for, and who makes it."""

from __future__ import annotations

from rehearsal.kubernetes.authorization import Attempt, Authorizer
from rehearsal.kubernetes.calls import APPLY, Call, Target
from rehearsal.kubernetes.escalation import Escalation
from rehearsal.kubernetes.model import Identity
from rehearsal.kubernetes.store import Store

_ACCOUNT = "system:serviceaccount:"
_VERBS = {"POST": "post", "PUT": "put"}


class Access:
    """Decides about calls.

    Attributes:
        authorizer: Who may do what.
        escalation: Who may grant what.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.authorizer = Authorizer(store)
        self.escalation = Escalation(self.authorizer)

    # belief: K8S-impersonation
    def impersonated(self, call: Call, identity: Identity) -> Identity:
        """Whose rights count: the rights of the user that the call names, if the caller may be that user.

        Raises:
            ApiError: 403, the caller may not.
        """
        if not call.user:
            return identity
        if call.user.startswith(_ACCOUNT):
            namespace, _, name = call.user.removeprefix(_ACCOUNT).partition(":")
            wanted = [Attempt("impersonate", "", "serviceaccounts", namespace, name)]
        else:
            wanted = [Attempt("impersonate", "", "users", "", call.user)]
        wanted += [Attempt("impersonate", "", "groups", "", group) for group in call.user_groups]
        for attempt in wanted:
            self.authorizer.require(identity, attempt)
        return Identity(call.user, call.user_groups)

    def require_path(self, call: Call, identity: Identity) -> None:
        """Refuse a path below which no object lives to whoever may not see it.

        Raises:
            ApiError: 403, the caller may not.
        """
        self.authorizer.require(identity, Attempt(call.method.lower(), path=call.path))

    def require(self, call: Call, target: Target, verb: str, identity: Identity) -> None:
        """Refuse a call to an object or a list to whoever may not make it.

        Raises:
            ApiError: 403, the caller may not.
        """
        resource = target.resource
        path = f"{resource.plural}/{target.subresource}" if target.subresource else resource.plural
        # The server reads the name of a list or watch from its field selector.
        name = target.name or call.query.get("fieldSelector", "").partition("metadata.name=")[2].split(",")[0]
        where = target.namespace or (target.name if resource.kind == "Namespace" else "")
        self.authorizer.require(identity, Attempt(verb, resource.group, path, where, name))
        creates = call.content_type == APPLY or call.method == "PUT"
        if creates and not target.subresource and self._store.get(target.key) is None and verb == "patch":
            self.authorizer.require(identity, Attempt("create", resource.group, path, where, name))
