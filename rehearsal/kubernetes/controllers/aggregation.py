"""Aggregated ClusterRoles: the roles that they select give them their rules.

https://kubernetes.io/docs/reference/access-authn-authz/rbac/#aggregated-clusterroles
"""

from __future__ import annotations

import copy

from rehearsal.kubernetes.authorization import RBAC
from rehearsal.kubernetes.backend import Objects
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.selectors import matches_label_selector
from rehearsal.kubernetes.store import ObjectKey


# belief: K8S-aggregated-roles
def aggregate_roles(store: Objects) -> None:
    """Bring the rules of aggregated roles up to date."""
    roles = sorted(store.peek(RBAC, "clusterroles"), key=lambda each: str(each["metadata"]["name"]))
    for role in roles:
        selectors = (role.get("aggregationRule") or {}).get("clusterRoleSelectors") or ()
        if not selectors:
            continue
        rules: list[Object] = []
        for selector in selectors:
            for other in roles:
                labels = other["metadata"].get("labels") or {}
                if other is not role and matches_label_selector(selector, labels):
                    rules += [rule for rule in other.get("rules") or () if rule not in rules]
        if rules != (role.get("rules") or []):
            new = copy.deepcopy(role) | {"rules": copy.deepcopy(rules)}
            store.update(ObjectKey(RBAC, "clusterroles", "", role["metadata"]["name"]), new)
