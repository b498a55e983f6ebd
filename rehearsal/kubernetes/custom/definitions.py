"""What the server refuses of a CustomResourceDefinition.

The rules and words are from ``pkg/apis/apiextensions/validation/validation.go`` and
``pkg/apiserver/schema/validation.go`` in https://github.com/kubernetes/apiextensions-apiserver.
"""

# belief: K8S-definitions-are-structural

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from rehearsal.kubernetes.custom import rules
from rehearsal.kubernetes.custom.structure import problems_of_schema
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation.fields import (
    Errors,
    FieldError,
    forbidden,
    invalid,
    required,
    unsupported,
)

_LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NOT_A_LABEL: Final = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for "
    "validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_NOT_A_SUBDOMAIN: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_MIXED: Final = "may have mixed case, but should otherwise match: "
_COLUMNS: Final = ("boolean", "date", "integer", "number", "string")


# belief: K8S-definitions-are-structural
def problems_of_definition(body: Object, old: Object | None) -> list[FieldError]:
    """What is wrong with a definition, its defaults filled in.

    Args:
        body: The definition.
        old: The definition that it replaces.
    """
    spec = body["spec"]
    found = [*_name(body["metadata"].get("name", ""), spec), *_spec(spec)]
    if old is not None:
        found += _unchanged(spec, old["spec"])
    return found


def _name(name: str, spec: Object) -> Errors:
    if name != f"{spec['names'].get('plural', '')}.{spec.get('group', '')}":
        yield invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group')


def _spec(spec: Object) -> Errors:
    group = spec.get("group", "")
    if not group:
        yield required("spec.group")
    elif not _SUBDOMAIN.fullmatch(group):
        yield invalid("spec.group", group, _NOT_A_SUBDOMAIN)
    elif "." not in group:
        yield invalid("spec.group", group, "should be a domain with at least one dot")
    scope = spec.get("scope", "")
    if not scope:
        yield required("spec.scope")
    elif scope not in ("Cluster", "Namespaced"):
        yield unsupported("spec.scope", scope, ("Cluster", "Namespaced"))
    yield from _versions(spec.get("versions") or [])
    yield from _names(spec["names"])
    yield from _conversion(spec.get("conversion") or {})
    if spec.get("preserveUnknownFields"):
        fix = "set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        yield invalid("spec.preserveUnknownFields", True, f"cannot set to true, {fix}")


def _versions(versions: list[Object]) -> Errors:
    names = [version.get("name", "") for version in versions]
    same = len({json.dumps(version.get("schema"), sort_keys=True) for version in versions}) == 1
    for index, version in enumerate(versions):
        if not _LABEL.fullmatch(name := version.get("name", "")):
            yield invalid(f"spec.versions[{index}].name", name, _NOT_A_LABEL)
            if index == 0:
                yield invalid("spec.version", name, _NOT_A_LABEL)
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        # Versions with one schema are judged as if the definition had it once.
        path = "spec.validation.openAPIV3Schema" if same else f"spec.versions[{index}].schema.openAPIV3Schema"
        if schema is None:
            yield required(f"spec.versions[{index}].schema.openAPIV3Schema")
        elif not same or index == 0:
            yield from problems_of_schema(schema, path)
            yield from rules.problems_of_rules(schema, path)
        yield from _version(version, "spec" if same else f"spec.versions[{index}]")
    if len(set(names)) != len(names):
        yield invalid("spec.versions", _shown(versions), "must contain unique version names")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        text = "must have exactly one version marked as storage version"
        yield invalid("spec.versions", _shown(versions), text)
    stored = [version.get("name", "") for version in versions if version.get("storage")]
    if not stored:
        yield invalid("status.storedVersions", None, "must have at least one stored version")
    elif len(stored) > 1:
        yield invalid("status.storedVersions", stored[:1], f"must have the storage version {stored[-1]}")


def _shown(versions: list[Object]) -> list[Object]:
    """Versions as the server's messages have them: its own type, without what is the same for all."""
    return [
        {
            "Name": version.get("name", ""),
            "Served": bool(version.get("served")),
            "Storage": bool(version.get("storage")),
            "Deprecated": bool(version.get("deprecated")),
            "DeprecationWarning": version.get("deprecationWarning"),
            "Schema": None,
            "Subresources": None,
            "AdditionalPrinterColumns": None,
            "SelectableFields": None,
        }
        for version in versions
    ]


def _version(version: Object, path: str) -> Errors:
    scale = (version.get("subresources") or {}).get("scale")
    if scale is not None:
        for name, start in (("specReplicasPath", ".spec."), ("statusReplicasPath", ".status.")):
            at, given = f"{path}.subresources.scale.{name}", scale.get(name, "")
            if not given:
                yield required(at)
            elif not given.startswith(start):
                yield invalid(at, given, f"should be a json path under {start[:-1]}")
    for index, column in enumerate(version.get("additionalPrinterColumns") or ()):
        at = f"{path}.additionalPrinterColumns[{index}]"
        if not column.get("name"):
            yield required(f"{at}.name")
        if column.get("type") not in _COLUMNS:
            yield invalid(f"{at}.type", column.get("type", ""), f"must be one of {','.join(_COLUMNS)}")
        if not column.get("jsonPath"):
            yield required(f"{at}.JSONPath")
        elif not column["jsonPath"].startswith("."):
            yield invalid(f"{at}.JSONPath", column["jsonPath"], "must be a simple json path starting with .")


def _names(names: Object) -> Errors:
    for field, mixed in (("plural", False), ("singular", False), ("kind", True), ("listKind", True)):
        given, at = names.get(field, ""), f"spec.names.{field}"
        if not given:
            yield required(at)
        elif not _LABEL.fullmatch(given.lower() if mixed else given):
            yield invalid(at, given, (_MIXED if mixed else "") + _NOT_A_LABEL)
    for field in ("shortNames", "categories"):
        for index, given in enumerate(names.get(field) or ()):
            if not _LABEL.fullmatch(given):
                yield invalid(f"spec.names.{field}[{index}]", given, _NOT_A_LABEL)
    if names.get("kind") and names.get("kind") == names.get("listKind"):
        yield invalid("spec.names.listKind", names["listKind"], "kind and listKind may not be the same")


def _conversion(conversion: Object) -> Errors:
    strategy, webhook = conversion.get("strategy", "None"), conversion.get("webhook") or {}
    if strategy not in ("None", "Webhook"):
        yield unsupported("spec.conversion.strategy", strategy, ("None", "Webhook"))
    elif strategy == "Webhook":
        if not webhook.get("clientConfig"):
            at = "spec.conversion.webhookClientConfig"
            yield required(at, "required when strategy is set to Webhook")
        if not webhook.get("conversionReviewVersions"):
            yield required("spec.conversion.conversionReviewVersions")
    elif webhook:
        at = "spec.conversion.webhookClientConfig"
        yield forbidden(at, "should not be set when strategy is not set to Webhook")


def _unchanged(spec: Object, old: Object) -> Iterator[FieldError]:
    """What an established definition keeps."""
    pairs: tuple[tuple[str, Any, Any], ...] = (
        ("spec.group", spec.get("group"), old.get("group")),
        ("spec.scope", spec.get("scope"), old.get("scope")),
        ("spec.names.kind", spec["names"].get("kind"), old["names"].get("kind")),
        ("spec.names.plural", spec["names"].get("plural"), old["names"].get("plural")),
    )
    for path, new, before in pairs:
        if new != before:
            yield invalid(path, new, "field is immutable")
