"""Nobody grants what they do not have: the check of roles and bindings on their way into the store.

https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/rbac/validation/rule.go
"""

# belief: K8S-rbac-escalation-check

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator

from rehearsal.kubernetes.authorization import RBAC, Attempt, Authorizer, groups_of, is_administrator
from rehearsal.kubernetes.errors import ApiError, not_found
from rehearsal.kubernetes.model import Identity, Object
from rehearsal.kubernetes.resources import ResourceType

_ROLES = ("Role", "ClusterRole")
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_EVERYTHING: list[Object] = [
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
]
_MEMBERS = {
    "apiGroups": "APIGroups",
    "resources": "Resources",
    "nonResourceURLs": "NonResourceURLs",
    "resourceNames": "ResourceNames",
    "verbs": "Verbs",
}


class Escalation:
    """Refuses grants beyond the rights of whoever makes them."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    # belief: K8S-rbac-escalation-check
    def check(self, who: Identity, resource: ResourceType, new: Object, old: Object | None) -> None:
        """Refuse a role or a binding that grants more than its writer has.

        Args:
            who: Who writes it.
            resource: Its type; others than RBAC's pass.
            new: The object.
            old: The object before, None for a new one.

        Raises:
            ApiError: 403, it grants what *who* does not have; 404, the role of a binding is missing.
        """
        if resource.group != RBAC or is_administrator(who) or _differs_for_garbage_only(new, old):
            return
        metadata = new["metadata"]
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        if resource.kind in _ROLES:
            allowed = Attempt("escalate", RBAC, resource.plural, namespace, name)
            wanted = new.get("rules") or []
            if new.get("aggregationRule"):
                wanted = [*wanted, *_EVERYTHING]
        elif resource.kind in _BINDINGS:
            reference = new.get("roleRef") or {}
            plural = "roles" if reference.get("kind") == "Role" else "clusterroles"
            allowed = Attempt("bind", RBAC, plural, namespace, reference.get("name", ""))
            found = self._authorizer.role_rules(reference, namespace)
            if found is None and not self._authorizer.allows(who, allowed):
                raise not_found(f"{resource.plural}.{RBAC}", allowed.name, RBAC, resource.plural)
            wanted = found or []
        else:
            return
        if self._authorizer.allows(who, allowed):
            return
        missing = _uncovered(self._authorizer.rules(who, namespace), wanted)
        if missing:
            message = (
                f'{resource.plural}.{RBAC} "{name}" is forbidden: user "{who.username}" '
                f"(groups={_list(groups_of(who))}) is attempting to grant RBAC permissions not currently "
                "held:\n" + "\n".join(sorted(map(_written, _compact(missing))))
            )
            raise ApiError(403, "Forbidden", message, name=name, group=RBAC, kind=resource.plural)


def _differs_for_garbage_only(new: Object, old: Object | None) -> bool:
    """Whether an update changes nothing but owners and finalizers, as the garbage collector does."""
    if old is None:
        return False
    ours = ("ownerReferences", "finalizers", "managedFields", "resourceVersion")

    def rest(found: Object) -> Object:
        metadata = {key: value for key, value in found["metadata"].items() if key not in ours}
        return found | {"metadata": metadata}

    return rest(new) == rest(old)


def _uncovered(owned: Iterable[Object], wanted: Iterable[Object]) -> list[Object]:
    held = list(owned)
    return [
        each for rule in wanted for each in _single_rules(rule) if not any(_holds(one, each) for one in held)
    ]


def _single_rules(rule: Object) -> Iterator[Object]:
    """A rule as rules with one member in each field."""
    verbs = rule.get("verbs") or ()
    for group, resource, verb in itertools.product(
        rule.get("apiGroups") or (), rule.get("resources") or (), verbs
    ):
        single: Object = {"apiGroups": [group], "resources": [resource], "verbs": [verb]}
        names = rule.get("resourceNames")
        yield from ({**single, "resourceNames": [name]} for name in names) if names else [single]
    for url, verb in itertools.product(rule.get("nonResourceURLs") or (), verbs):
        yield {"nonResourceURLs": [url], "verbs": [verb]}


def _holds(owned: Object, single: Object) -> bool:
    def has(field: str) -> bool:
        return bool({"*", *single[field]} & set(owned.get(field) or ()))

    if "nonResourceURLs" in single:
        (url,) = single["nonResourceURLs"]
        urls = owned.get("nonResourceURLs") or ()
        return has("verbs") and any(
            each in ("*", url) or (each.endswith("*") and url.startswith(each[:-1])) for each in urls
        )
    (resource,) = single["resources"]
    below = f"*/{resource.partition('/')[2]}" if "/" in resource else resource
    resources = bool({"*", resource, below} & set(owned.get("resources") or ()))
    names = owned.get("resourceNames")
    named = not names or bool(single.get("resourceNames") and set(single["resourceNames"]) <= set(names))
    return has("verbs") and has("apiGroups") and resources and named


def _compact(rules: Iterable[Object]) -> list[Object]:
    """Rules that differ in their verbs alone as one rule."""
    found: dict[str, Object] = {}
    for rule in rules:
        rest = {field: value for field, value in rule.items() if field != "verbs"}
        kept = found.setdefault(json.dumps(rest, sort_keys=True), {**rest, "verbs": []})
        kept["verbs"] += [verb for verb in rule["verbs"] if verb not in kept["verbs"]]
    return list(found.values())


def _written(rule: Object) -> str:
    parts = [f"{word}:{_list(rule[field])}" for field, word in _MEMBERS.items() if rule.get(field)]
    return "{" + ", ".join(parts) + "}"


def _list(texts: Iterable[str]) -> str:
    return "[" + " ".join(json.dumps(text) for text in texts) + "]"
