"""What changes an object: updates, patches and server-side apply, with the managers of its fields."""

# belief: K8S-requests

from __future__ import annotations

from collections.abc import Callable

from rehearsal.kubernetes.admission import Admission
from rehearsal.kubernetes.apply import check_typed
from rehearsal.kubernetes.calls import APPLY, ApiAnswer, Call, Target
from rehearsal.kubernetes.custom.pruning import with_defaults
from rehearsal.kubernetes.errors import ApiError, bad_request, conflict, not_found
from rehearsal.kubernetes.managers import Manager, Managers, empty
from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.patches import json_patch, merge_patch, strategic_merge
from rehearsal.kubernetes.reading import Reader, directive_of
from rehearsal.kubernetes.resources import ResourceType
from rehearsal.kubernetes.scales import scale_of, scaled
from rehearsal.kubernetes.schemas.catalogue import Schemas
from rehearsal.kubernetes.schemas.schema import Schema
from rehearsal.kubernetes.store import ObjectKey

_PATCHES = (
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
    APPLY,
)


class Updates:
    """Changes objects.

    Args:
        schemas: The schemas of the cluster.
        reader: Reads bodies.
        admission: Completes and checks what is stored.
        admit: Completes and checks a new object; its key.
        store: Stores what becomes of the old object, which is None for a new one, unless it is a dry run.
    """

    def __init__(
        self,
        schemas: Schemas,
        reader: Reader,
        admission: Admission,
        admit: Callable[[Target, Object], ObjectKey],
        store: Callable[[ObjectKey, Target, Object, Object | None, bool], Object],
    ) -> None:
        self._schemas, self._reader = schemas, reader
        self._admission, self._admit, self._store = admission, admit, store

    def shown(self, target: Target, found: Object) -> Object:
        """An object, or the subresource of it that has a type of its own."""
        return scale_of(target.resource, found) if target.subresource == "scale" else found

    # belief: K8S-requests
    def existing(self, found: Object | None, target: Target) -> Object:
        """The object of an address, in the version of the address.

        Raises:
            ApiError: 404, it is missing.
        """
        if found is None:
            key = target.key
            raise not_found(key.qualified, target.name, key.group, key.plural)
        # belief: K8S-crd-adds-a-type
        return found | {"apiVersion": target.resource.group_version}

    def managers_of_new(self, resource: ResourceType, body: Object, manager: str) -> Managers:
        """The manager of what a client gives; what the server allots later is not managed."""
        schema = self._schemas.of(resource)
        # belief: K8S-custom-resources-are-pruned
        given = with_defaults(body, schema) if resource.custom else body
        managers = Managers((), schema)
        who = Manager(manager, "Update", resource.group_version)
        managers.updated(who, empty(schema), given, _ignored(resource))
        return managers

    def replace(
        self, target: Target, present: Object | None, body: Object, manager: str, dry_run: bool
    ) -> ApiAnswer:
        """Put an object in place of the present one."""
        _check_name(target, body)
        old = self.existing(present, target)
        _check_uid(target, body, old)
        stored = self._store(target.key, target, self.updated(target, body, old, manager), old, dry_run)
        return ApiAnswer(200, self.shown(target, stored))

    def updated(self, target: Target, body: Object, old: Object, manager: str) -> Object:
        """The object that an update stores, with the managers of its fields."""
        new = self._prepared(target, body, old)
        resource, schema = target.resource, self._schemas.of(target.resource)
        managers = Managers.of_update(new, old, schema, below=bool(target.subresource))
        if not managers.empty:
            who = Manager(manager, "Update", resource.group_version, target.subresource)
            managers.updated(who, old, new, "" if target.subresource else _ignored(resource))
        return managers.write_to(new)

    def _prepared(self, target: Target, body: Object, old: Object) -> Object:
        """The object that an update stores: a subresource changes its part only, others all but status."""
        resource = target.resource
        if target.subresource == "status":
            based_on = body.get("metadata", {}).get("resourceVersion", old["metadata"]["resourceVersion"])
            new = old | {"metadata": old["metadata"] | {"resourceVersion": based_on}}
            new.pop("status", None)
            new |= {"status": body["status"]} if "status" in body else {}
            if resource.custom:
                self._admission.updating(resource, new, old)
            return new
        if target.subresource == "scale":
            new = scaled(resource, old, body)
            self._admission.updating(resource, new, old)
            return new
        # belief: K8S-namespace-goes-with-content
        if resource.kind == "Namespace":
            if target.subresource == "finalize":
                return old | {"spec": body.get("spec") or {}}
            body["spec"] = old.get("spec") or {}
        self.reset_status(resource, body, old)
        metadata = body.setdefault("metadata", {})
        metadata.setdefault("name", old["metadata"]["name"])
        self._admission.updating(resource, body, old)
        return body

    def reset_status(self, resource: ResourceType, body: Object, old: Object) -> None:
        """Put the old status in place of any other, where only a subresource changes it."""
        if "status" in resource.subresources:
            body.pop("status", None)
            before = old or empty(self._schemas.of(resource))
            body |= {"status": before["status"]} if "status" in before else {}

    # belief: K8S-patches
    def patch(self, target: Target, present: Object | None, call: Call, dry_run: bool) -> ApiAnswer:
        """Patch the present object, or apply to it or to nothing."""
        directive_of(call)
        if call.content_type == APPLY:
            return self._apply(target, present, call, dry_run)
        old, schema = self.shown(target, self.existing(present, target)), self._schema(target)
        match call.content_type:
            case "application/json-patch+json":
                patch = self._reader.patch(call)
                new = json_patch(old, patch)
            case "application/merge-patch+json":
                patch = self._reader.patch(call)
                new = merge_patch(old, patch)
            case "application/strategic-merge-patch+json" if not target.resource.custom:
                patch = self._reader.patch(call)
                new = strategic_merge(old, patch, schema)
            case other:
                formats = [name for name in _PATCHES if not (target.resource.custom and "strategic" in name)]
                known = f"accepted media types include: {', '.join(formats)}"
                message = f"the body of the request was in an unknown format - {known}"
                if other not in _PATCHES:
                    message = "415: Unsupported Media Type"
                raise ApiError(415, "UnsupportedMediaType", message)
        body = self._reader.patched(new, patch, call, target)
        return self.replace(target, present, body, call.manager, dry_run)

    def _schema(self, target: Target) -> Schema:
        return self._schemas.scale() if target.subresource == "scale" else self._schemas.of(target.resource)

    # belief: K8S-server-side-apply
    def _apply(self, target: Target, old: Object | None, call: Call, dry_run: bool) -> ApiAnswer:
        # belief: K8S-apply-is-typed
        if not call.query.get("fieldManager"):
            problem = "Required value: is required for apply patch"
            causes = [{"reason": "FieldValueRequired", "message": problem, "field": "fieldManager"}]
            message = f'PatchOptions.meta.k8s.io "" is invalid: fieldManager: {problem}'
            raise ApiError(422, "Invalid", message, causes=causes)
        configuration, schema = self._reader.configuration(call, target), self._schemas.of(target.resource)
        metadata = configuration.get("metadata")
        if isinstance(metadata, dict) and metadata.get("managedFields") is not None:
            raise bad_request("metadata.managedFields must be nil")
        if target.subresource == "scale":
            check_typed(configuration, self._schemas.scale())
        else:
            check_typed(configuration, schema)
        configuration = _own_part(target, configuration)
        metadata = configuration.setdefault("metadata", {})
        metadata.setdefault("name", target.name)
        _check_name(target, configuration)
        who = Manager(call.manager, "Apply", target.resource.group_version, target.subresource)
        ignored = "" if target.subresource else _ignored(target.resource)
        if old is None:
            if target.subresource:
                self.existing(old, target)
            managers = Managers((), schema)
            made = managers.applied(who, configuration, empty(schema), force=True, ignored=ignored)
            body = self._reader.applied(made, target)
            key = self._admit(target, body)
            return ApiAnswer(201, self._store(key, target, managers.write_to(body), None, dry_run))
        based_on = metadata.get("resourceVersion")
        if based_on and based_on != old["metadata"]["resourceVersion"]:
            raise conflict(target.key.qualified, target.name)
        managers = Managers.of(old, schema)
        # belief: K8S-before-first-apply
        if managers.empty:
            managers.begin(old, target.resource.group_version)
        force = call.query.get("force") in ("true", "1")
        made = managers.applied(who, configuration, old, force=force, ignored=ignored)
        new = managers.write_to(self._prepared(target, self._applied(made, target), old))
        return ApiAnswer(200, self.shown(target, self._store(target.key, target, new, old, dry_run)))

    def _applied(self, made: Object, target: Target) -> Object:
        """The object that an apply has made, as Go has it; the scale of one is of its own type."""
        if target.subresource == "scale":
            return made
        return self._reader.applied(made, target)


def _ignored(resource: ResourceType) -> str:
    """The member of an object that only a subresource changes."""
    return "status" if "status" in resource.subresources else ""


# belief: K8S-requests
def _check_name(target: Target, body: Object) -> None:
    """Refuse an object under the address of another."""
    metadata = body.get("metadata") or {}
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if not name:
        text = (
            f"the name of the object ({target.name} based on URL) was undeterminable: name must be provided"
        )
        raise bad_request(text)
    if name != target.name:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({target.name})"
        )
    if namespace and namespace != target.namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )


# belief: K8S-optimistic-locking
def _check_uid(target: Target, body: Object, old: Object) -> None:
    """Refuse an object that was another one, which had the same name."""
    given, uid = body.get("metadata", {}).get("uid"), old["metadata"]["uid"]
    if given and given != uid:
        where = "/".join(filter(None, ("", target.resource.plural, target.namespace, target.name)))
        text = f"Precondition failed: UID in precondition: {given}, UID in object meta: {uid}"
        stored = f"StorageError: invalid object, Code: 4, Key: /{where}, ResourceVersion: 0"
        message = (
            f'Operation cannot be fulfilled on {target.key.qualified} "{target.name}": {stored}, '
            f"AdditionalErrorMsg: {text}"
        )
        raise ApiError(409, "Conflict", message, name=target.name)


def _own_part(target: Target, configuration: Object) -> Object:
    """The part of a configuration that its subresource may change."""
    part = {"status": "status", "scale": "spec"}.get(target.subresource)
    if part is None:
        return configuration
    metadata = configuration.get("metadata") or {}
    own = {name: metadata[name] for name in ("name", "namespace", "resourceVersion") if name in metadata}
    return {"metadata": own, **({part: configuration[part]} if part in configuration else {})}
