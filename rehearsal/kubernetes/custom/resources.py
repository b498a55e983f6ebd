"""A custom resource on its way into the store: filled in, then judged by schema, list types and rules."""

# belief: K8S-custom-resources-are-validated

from __future__ import annotations

from typing import Final

from rehearsal.kubernetes.custom import rules
from rehearsal.kubernetes.custom.pruning import with_defaults
from rehearsal.kubernetes.custom.values import ABSENT, problems, repeated
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.schemas.catalogue import Schemas
from rehearsal.kubernetes.validation.fields import FieldError, invalid, refusal

_BLOCKING: Final = {
    "FieldValueNotSupported",
    "FieldValueRequired",
    "FieldValueTooLong",
    "FieldValueTooMany",
    "FieldValueTypeInvalid",
}
_UNCHECKED: Final = (
    "some validation rules were not checked because the object was invalid; correct the existing errors to "
    "complete validation"
)


class CustomResources:
    """Completes and judges custom resources.

    Args:
        schemas: The schemas of the cluster.
    """

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas

    # belief: K8S-custom-resources-are-validated
    def complete(self, resource: ResourceType, body: Object, old: Object | None) -> None:
        """Fill in the defaults of an object, in place, and judge it.

        Args:
            resource: Its type.
            body: The object, without the fields that its schema does not have.
            old: The object that it replaces, whose unchanged parts are not judged again.

        Raises:
            ApiError: 422, it does not fit its schema.
        """
        filled = with_defaults(body, self._schemas.of(resource))
        body.clear()
        body.update(filled)
        if found := self._problems(resource.schema, body, old):
            raise refusal(resource.kind, resource.group, body["metadata"].get("name", ""), found)

    def _problems(self, raw: Object, body: Object, old: Object | None) -> list[FieldError]:
        judged = {
            name: value for name, value in body.items() if name not in ("apiVersion", "kind", "metadata")
        }
        before = ABSENT if old is None else old
        described = raw.get("properties") or {}
        parts = {
            name: each for name, each in described.items() if name not in ("apiVersion", "kind", "metadata")
        }
        found = list(problems(judged, {**raw, "properties": parts, "required": _asked(raw)}, "", before))
        if old is None or not list(repeated(old, raw, "")):
            found += repeated(body, raw, "")
        if rules.present(raw):
            if any(problem.type in _BLOCKING for problem in found):
                found.append(invalid("", None, _UNCHECKED))
            else:
                found += rules.problems(body, raw, old)
        return found


def _asked(raw: Object) -> list[str]:
    """The members that an object must have, besides type and metadata."""
    return [name for name in raw.get("required") or () if name not in ("apiVersion", "kind", "metadata")]
