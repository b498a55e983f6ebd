"""The verbs of the API; calls.py interprets requests, and server.py transports them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network
from typing import Any

from rehearsal.kubernetes.admission import SERVICES, Admission
from rehearsal.kubernetes.authorization import Attempt, Authorizer
from rehearsal.kubernetes.calls import (
    APPLY,
    ApiAnswer,
    Call,
    Target,
    read_body,
    target_of,
    verb_of,
)
from rehearsal.kubernetes.custom.resources import CustomResources
from rehearsal.kubernetes.discovery import REVIEWS, Discovery
from rehearsal.kubernetes.errors import bad_request, conflict
from rehearsal.kubernetes.model import Identity, Object
from rehearsal.kubernetes.reading import Reader
from rehearsal.kubernetes.resources import ResourceTypes
from rehearsal.kubernetes.reviews import review_access, review_rules
from rehearsal.kubernetes.schemas.catalogue import Schemas
from rehearsal.kubernetes.selectors import Matcher, field_matcher, label_matcher
from rehearsal.kubernetes.store import ObjectKey, Store, key_of
from rehearsal.kubernetes.updates import Updates
from rehearsal.kubernetes.watching import watch

#: Manages the fields that the cluster's own controllers write.
_INSIDE = "kube-controller-manager"


class Api:
    """Answers calls against a store; ``after_write`` runs after each change, under the store's lock."""

    def __init__(
        self,
        store: Store,
        types: ResourceTypes,
        version: str,
        *,
        services: IPv4Network = SERVICES,
        after_write: Callable[[], None],
        stopped: Callable[[], bool],
    ) -> None:
        self._store, self._types = store, types
        self._after_write, self._stopped = after_write, stopped
        schemas = Schemas(version)
        self._reader = Reader(schemas)
        self._discovery = Discovery(types, version)
        self._authorizer = Authorizer(store)
        self._admission = Admission(store, services, version, CustomResources(schemas))
        self._updates = Updates(store, schemas, self._reader, self._admission, self._admitted)

    def answer(self, call: Call, identity: Identity) -> ApiAnswer:
        """Answer a call.

        Raises:
            ApiError: The call is refused.
        """
        if call.method == "GET" and (found := self._discovery.answer(call.path)) is not None:
            return ApiAnswer(200, found)
        group_version, _, plural = call.path.strip("/").removeprefix("apis/").rpartition("/")
        match REVIEWS.get(group_version, {}).get(plural):
            case "SelfSubjectAccessReview":
                return review_access(self._authorizer, call, identity)
            case "SelfSubjectRulesReview":
                return review_rules(self._authorizer, call, identity)
        target = target_of(call.path, self._types)
        verb = verb_of(call, target)
        for needed in self._attempts(call, target, verb):
            self._authorizer.require(identity, needed)
        if verb == "watch":
            where, matches = target.namespace or None, _matcher(target, call)
            events = watch(self._store, target.resource, where, matches, call.query, self._stopped)
            return ApiAnswer(200, events)
        if verb == "list":
            return ApiAnswer(200, self._list(target, _matcher(target, call)))
        if verb == "get":
            return ApiAnswer(200, self._updates.found(target))
        with self._store.lock:
            answer = self._write(verb, target, call)
            self._after_write()
        return answer

    def submit(self, body: Object, manager: str = _INSIDE) -> Object:
        """Create or replace an object from inside, through the same admission as for a client."""
        resource = self._types.of_kind(body["kind"])
        body = self._reader.inside(json.loads(json.dumps(body)), resource)
        namespace = body["metadata"].get("namespace", "")
        key = key_of(resource, namespace, self._admission.name(body))
        with self._store.lock:
            old = self._store.get(key)
            if old is None:
                managers = self._updates.managers_of_new(resource, body, manager)
                self._admission.creating(resource, namespace, body)
                stored = self._store.create(key, managers.write_to(body))
            else:
                target = Target(resource, *key[2:], "")
                # Controllers write what they read a moment ago.
                body["metadata"].setdefault("resourceVersion", old["metadata"]["resourceVersion"])
                stored = self._store.update(key, self._updates.updated(target, body, old, manager))
            if resource.kind == "CustomResourceDefinition":
                self._types.serve(stored)  # controllers use the type at once
            self._after_write()
        return stored

    def _attempts(self, call: Call, target: Target, verb: str) -> list[Attempt]:
        resource = target.resource
        path = f"{resource.plural}/{target.subresource}" if target.subresource else resource.plural
        # The server reads the name of a list or watch from its field selector.
        name = target.name or call.query.get("fieldSelector", "").partition("metadata.name=")[2].split(",")[0]
        where = target.namespace or (target.name if resource.kind == "Namespace" else "")
        attempts = [Attempt(verb, resource.group, path, where, name)]
        if call.content_type == APPLY and self._store.get(target.key) is None:
            attempts.append(Attempt("create", resource.group, path, where, name))
        return attempts

    def _matching(self, target: Target, matches: Matcher) -> list[Object]:
        resource = target.resource
        found = self._store.find(resource.group, resource.plural, target.namespace or None)
        return [candidate for candidate in found if matches(candidate)]

    def _list(self, target: Target, matches: Matcher) -> Object:
        with self._store.lock:
            items = self._matching(target, matches)
            revision = str(self._store.revision)
        return {
            "kind": f"{target.resource.kind}List",
            "apiVersion": target.resource.group_version,
            "metadata": {"resourceVersion": revision},
            "items": items,
        }

    def _write(self, verb: str, target: Target, call: Call) -> ApiAnswer:
        dry_run = call.query.get("dryRun") == "All"
        match verb:
            case "create":
                created = self._create(target, self._reader.object(call, target), call.manager, dry_run)
                return ApiAnswer(201, created)
            case "update":
                body = self._reader.object(call, target)
                return self._updates.replace(target, body, call.manager, dry_run)
            case "patch":
                return self._updates.patch(target, call, dry_run)
            case "delete":
                options = read_body(call) if call.body else {}
                return ApiAnswer(200, self._delete(target, options | dict(call.query), dry_run))
            case _:
                matches = _matcher(target, call)
                items = self._matching(target, matches)
                for item in items:
                    metadata = item["metadata"]
                    one = Target(target.resource, metadata.get("namespace", ""), metadata["name"], "")
                    self._delete(one, dict(call.query), dry_run)
                return ApiAnswer(200, self._list(target, matches) | {"items": items})

    def _create(self, target: Target, body: Object, manager: str, dry_run: bool) -> Object:
        resource = target.resource
        managers = self._updates.managers_of_new(resource, body, manager)
        key = self._admitted(target, body)
        return self._store.create(key, managers.write_to(body), dry_run=dry_run)

    # belief: K8S-namespace-must-exist
    def _admitted(self, target: Target, body: Object) -> ObjectKey:
        """Complete and check a new object, in place; its key."""
        resource, metadata = target.resource, body.setdefault("metadata", {})
        metadata.pop("uid", None)
        if resource.namespaced and not target.namespace:
            raise bad_request("an object of a namespaced type is created below its namespace")
        named = body.get("metadata", {}).get("namespace")
        if named and named != target.namespace:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        name = self._admission.name(body)
        self._updates.reset_status(resource, body, {})
        self._admission.creating(resource, target.namespace, body)
        return key_of(resource, target.namespace, name)

    # belief: K8S-optimistic-locking
    def _delete(self, target: Target, options: Mapping[str, Any], dry_run: bool) -> Object:
        found = self._updates.existing(target)
        self._admission.deleting(target.resource, target.name)
        wanted = (options.get("preconditions") or {}).get("uid")
        uid = found["metadata"]["uid"]
        if wanted and wanted != uid:
            raise conflict(target.key.qualified, target.name)
        gone = self._store.delete(target.key, dry_run=dry_run)
        if gone["metadata"].get("finalizers"):
            return gone
        if options.get("propagationPolicy") != "Orphan" and not dry_run:
            self.delete_dependents(uid)
        details = {"name": target.name, "group": target.resource.group, "kind": target.resource.plural}
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": details | {"uid": uid},
        }

    # belief: K8S-garbage-collection
    def delete_dependents(self, uid: str) -> None:
        """Delete the dependents of the deleted object with this uid, and their dependents."""
        for key in self._store.all_keys():
            candidate = self._store.get(key)
            owners = (candidate or {}).get("metadata", {}).get("ownerReferences") or ()
            if candidate and any(owner["uid"] == uid for owner in owners):
                self._store.delete(key)
                self.delete_dependents(candidate["metadata"]["uid"])


def _matcher(target: Target, call: Call) -> Matcher:
    """Selects the objects that the selectors or the path of a call name."""
    by_label = label_matcher(call.query.get("labelSelector", ""))
    by_field = field_matcher(call.query.get("fieldSelector", ""))
    return lambda candidate: (
        target.name in ("", candidate["metadata"]["name"]) and by_label(candidate) and by_field(candidate)
    )
