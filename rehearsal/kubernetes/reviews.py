"""Questions about rights and identities, which are asked by creating a review."""

from __future__ import annotations

import json
from collections.abc import Collection

from rehearsal.kubernetes.authorization import Attempt, Authorizer, groups_of
from rehearsal.kubernetes.errors import ApiError, bad_request
from rehearsal.kubernetes.model import Identity, Object
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.store import now
from rehearsal.kubernetes.tokens import Tokens

_GROUPS = ("authentication.k8s.io", "authorization.k8s.io")


def is_review(resource: ResourceType) -> bool:
    """Whether objects of a type are questions, which are answered and not stored."""
    return resource.group in _GROUPS


class Reviews:
    """Answers reviews."""

    def __init__(self, authorizer: Authorizer, tokens: Tokens) -> None:
        self._authorizer, self._tokens = authorizer, tokens

    # belief: K8S-access-review
    def answer(self, kind: str, review: Object, namespace: str, identity: Identity) -> Object:
        """The review with its status.

        Args:
            kind: What is asked.
            review: The question.
            namespace: The namespace in the path, empty without one.
            identity: Who asks.

        Raises:
            ApiError: 400 or 422, the question is incomplete.
        """
        spec = review.get("spec") or {}
        match kind:
            case "SelfSubjectReview":
                user: Object = {"username": identity.username, "groups": groups_of(identity)}
                metadata = (review.get("metadata") or {}) | {"creationTimestamp": now()}
                return review | {"metadata": metadata, "status": {"userInfo": user}}
            case "TokenReview":
                return review | {"status": self._token_status(spec)}
            case "SelfSubjectRulesReview":
                return review | {"status": self._rules(spec, identity)}
            case "SelfSubjectAccessReview":
                return review | {"status": self._access(spec, identity)}
        if not spec.get("user") and not spec.get("groups"):
            raise _invalid("spec.user", 'Invalid value: "": at least one of user or group must be specified')
        who = Identity(spec.get("user") or "", tuple(spec.get("groups") or ()))
        if kind == "LocalSubjectAccessReview":
            _check_namespace(spec, namespace)
        return review | {"status": self._access(spec, who, who.groups)}

    def _access(self, spec: Object, who: Identity, groups: Collection[str] | None = None) -> Object:
        reason = self._authorizer.reason(who, _attempt(spec), groups)
        if reason is None:
            return {"allowed": False}
        return {"allowed": True} | ({"reason": reason} if reason else {})

    # belief: K8S-access-review
    def _rules(self, spec: Object, identity: Identity) -> Object:
        namespace = spec.get("namespace", "")
        if not namespace:
            raise bad_request("no namespace on request")
        rules = self._authorizer.rules(identity, namespace)
        resource_fields = ("verbs", "apiGroups", "resources", "resourceNames")
        return {
            "resourceRules": [
                {field: rule[field] for field in resource_fields if rule.get(field)}
                for rule in rules
                if rule.get("resources")
            ],
            "nonResourceRules": [
                {"verbs": rule["verbs"], "nonResourceURLs": rule["nonResourceURLs"]}
                for rule in rules
                if rule.get("nonResourceURLs")
            ],
            "incomplete": False,
        }

    # belief: K8S-token-requests
    def _token_status(self, spec: Object) -> Object:
        identity = self._tokens.identify(spec.get("token") or "")
        if identity is None:
            return {"user": {}, "error": "invalid bearer token"}
        return {
            "authenticated": True,
            "user": {"username": identity.username, "groups": groups_of(identity)},
        }


# belief: K8S-access-review
def _attempt(spec: Object) -> Attempt:
    wanted, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if wanted and path:
        value = json.dumps(
            {"Path": path.get("path", ""), "Verb": path.get("verb", "")}, separators=(",", ":")
        )
        words = "cannot be specified in combination with resourceAttributes"
        raise _invalid("spec.nonResourceAttributes", f"Invalid value: {value}: {words}")
    if path:
        return Attempt(path.get("verb", ""), path=path.get("path", ""))
    if not wanted:
        words = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        raise _invalid("spec.resourceAttributes", f"Invalid value: null: {words}")
    resource = wanted.get("resource", "")
    if wanted.get("subresource"):
        resource += f"/{wanted['subresource']}"
    return Attempt(
        wanted.get("verb", ""),
        wanted.get("group", ""),
        resource,
        wanted.get("namespace", ""),
        wanted.get("name", ""),
    )


# belief: K8S-access-review
def _check_namespace(spec: Object, namespace: str) -> None:
    named = (spec.get("resourceAttributes") or {}).get("namespace", "")
    if spec.get("nonResourceAttributes"):
        field = "spec.nonResourceAttributes"
        raise _invalid(field, "Invalid value: null: disallowed on this kind of request")
    if named != namespace:
        words = f"Invalid value: {json.dumps(named)}: must match metadata.namespace"
        raise _invalid("spec.resourceAttributes.namespace", words)


# belief: K8S-access-review
def _invalid(field: str, problem: str) -> ApiError:
    causes = [{"reason": "FieldValueInvalid", "message": problem, "field": field}]
    return ApiError(422, "Invalid", f' "" is invalid: {field}: {problem}', causes=causes)
