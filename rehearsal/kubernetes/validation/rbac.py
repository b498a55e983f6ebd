"""Roles and their bindings.

https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/rbac/validation/validation.go.
"""

# belief: K8S-rbac-objects

from __future__ import annotations

from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats
from rehearsal.kubernetes.validation.fields import Errors, each, invalid, one_of, required, unsupported
from rehearsal.kubernetes.validation.metadata import needed_name
from rehearsal.kubernetes.validation.selectors import converts, label_selector
from rehearsal.kubernetes.validation.values import entries, has, mapping, strings, text

GROUP: Final = "rbac.authorization.k8s.io"


def role(body: Object) -> Errors:
    """A Role."""
    for index, rule in enumerate(entries(body, "rules")):
        yield from _rule(rule, f"rules[{index}]", namespaced=True)


def cluster_role(body: Object) -> Errors:
    """A ClusterRole."""
    for index, rule in enumerate(entries(body, "rules")):
        yield from _rule(rule, f"rules[{index}]", namespaced=False)
    if not has(body, "aggregationRule"):
        return
    path, aggregation = "aggregationRule.clusterRoleSelectors", mapping(body, "aggregationRule")
    selectors = entries(aggregation, "clusterRoleSelectors")
    if not selectors:
        yield required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil")
    for index, selector in enumerate(selectors):
        yield from label_selector(selector, f"{path}[{index}]")
        if not converts(selector):
            yield invalid(f"{path}[{index}]", None, "invalid label selector.")


def _rule(rule: Object, path: str, *, namespaced: bool) -> Errors:
    if not strings(rule, "verbs"):
        yield required(f"{path}.verbs", "verbs must contain at least one value")
    urls, where = strings(rule, "nonResourceURLs"), f"{path}.nonResourceURLs"
    if urls:
        if namespaced:
            yield invalid(where, urls, "namespaced rules cannot apply to non-resource URLs")
        if any(strings(rule, field) for field in ("apiGroups", "resources", "resourceNames")):
            yield invalid(where, urls, "rules cannot apply to both regular resources and non-resource URLs")
        return
    if not strings(rule, "apiGroups"):
        yield required(f"{path}.apiGroups", "resource rules must supply at least one api group")
    if not strings(rule, "resources"):
        yield required(f"{path}.resources", "resource rules must supply at least one resource")


def role_binding(body: Object) -> Errors:
    """A RoleBinding."""
    yield from _binding(body, ("Role", "ClusterRole"))


def cluster_role_binding(body: Object) -> Errors:
    """A ClusterRoleBinding."""
    yield from _binding(body, ("ClusterRole",))


def _binding(body: Object, kinds: tuple[str, ...]) -> Errors:
    reference = mapping(body, "roleRef")
    # The server fills in the group.
    yield from one_of("roleRef.apiGroup", text(reference, "apiGroup", GROUP), (GROUP,))
    yield from one_of("roleRef.kind", text(reference, "kind"), kinds)
    yield from needed_name(reference, "name", "roleRef", formats.path_segment)
    for index, subject in enumerate(entries(body, "subjects")):
        yield from _subject(subject, f"subjects[{index}]", namespaced="Role" in kinds)


def _subject(subject: Object, path: str, *, namespaced: bool) -> Errors:
    name, group, kind = text(subject, "name"), text(subject, "apiGroup"), text(subject, "kind")
    if not name:
        yield required(f"{path}.name")
    match kind:
        case "ServiceAccount":
            if name:
                yield from each(f"{path}.name", name, formats.subdomain(name))
            if group:
                yield unsupported(f"{path}.apiGroup", group, ("",))
            if not namespaced and not text(subject, "namespace"):
                yield required(f"{path}.namespace")
        case "User" | "Group":
            yield from one_of(f"{path}.apiGroup", group or GROUP, (GROUP,))
        case _:
            yield unsupported(f"{path}.kind", kind, ("ServiceAccount", "User", "Group"))


def binding_unchanged(body: Object, old: Object) -> Errors:
    """The role of a binding never changes."""
    new, before = (
        {
            "APIGroup": text(mapping(found, "roleRef"), "apiGroup", GROUP),
            "Kind": text(mapping(found, "roleRef"), "kind"),
            "Name": text(mapping(found, "roleRef"), "name"),
        }
        for found in (body, old)
    )
    if new != before:
        yield invalid("roleRef", new, "cannot change roleRef")
