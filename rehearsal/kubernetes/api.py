"""The verbs of the API; calls.py interprets requests, and server.py transports them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network
from typing import Any

from rehearsal.kubernetes.admission import SERVICES, Admission
from rehearsal.kubernetes.apply import apply
from rehearsal.kubernetes.authorization import Attempt, Authorizer
from rehearsal.kubernetes.calls import (
    APPLY,
    ApiAnswer,
    Call,
    Target,
    check_type,
    read_body,
    scale_of,
    target_of,
    verb_of,
)
from rehearsal.kubernetes.discovery import REVIEWS, Discovery
from rehearsal.kubernetes.errors import ApiError, bad_request, conflict, not_found
from rehearsal.kubernetes.managers import Manager, Managers
from rehearsal.kubernetes.model import Identity, Object
from rehearsal.kubernetes.patches import json_patch, merge_patch, strategic_merge
from rehearsal.kubernetes.resources import ResourceTypes
from rehearsal.kubernetes.reviews import review_access, review_rules
from rehearsal.kubernetes.selectors import Matcher, field_matcher, label_matcher
from rehearsal.kubernetes.store import ObjectKey, Store, key_of
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
        self._discovery = Discovery(types, version)
        self._authorizer = Authorizer(store)
        self._admission = Admission(store, services, version)
        #: What the quotas of namespaces admit.
        self.quotas = self._admission.quotas

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
            return ApiAnswer(200, self._get(target))
        with self._store.lock:
            answer = self._write(verb, target, call)
            self._after_write()
        return answer

    def submit(self, body: Object, manager: str = _INSIDE) -> Object:
        """Create or replace an object from inside, through the same admission as for a client."""
        resource = self._types.of_kind(body["kind"])
        body = json.loads(json.dumps(body))
        namespace = body["metadata"].get("namespace", "")
        key = key_of(resource, namespace, self._admission.name(body))
        with self._store.lock:
            old = self._store.get(key)
            if old is None:
                self._admission.creating(resource, namespace, body)
                Managers.of_new(
                    body, Manager(manager, "Update", resource.group_version), custom=resource.custom
                )
                stored = self._store.create(key, body)
            else:
                target = Target(resource, *key[2:], "")
                # Controllers write what they read a moment ago.
                body["metadata"].setdefault("resourceVersion", old["metadata"]["resourceVersion"])
                stored = self._store.update(key, self._updated(target, body, old, manager))
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

    def _get(self, target: Target) -> Object:
        found = self._existing(target)
        return scale_of(found) if target.subresource == "scale" else found

    # belief: K8S-requests
    def _existing(self, target: Target) -> Object:
        found = self._store.get(target.key)
        if found is None:
            key = target.key
            raise not_found(key.qualified, target.name, key.group, key.plural)
        return found

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
                return ApiAnswer(201, self._create(target, read_body(call), call.manager, dry_run))
            case "update":
                return ApiAnswer(200, self._replace(target, read_body(call), call.manager, dry_run))
            case "patch":
                return self._patch(target, call, dry_run)
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
        key = self._admitted(target, body)
        resource = target.resource
        Managers.of_new(body, Manager(manager, "Update", resource.group_version), custom=resource.custom)
        return self._store.create(key, body, dry_run=dry_run)

    # belief: K8S-namespace-must-exist
    def _admitted(self, target: Target, body: Object) -> ObjectKey:
        """Complete and check a new object, in place; its key."""
        resource = target.resource
        if resource.namespaced and not target.namespace:
            raise bad_request("an object of a namespaced type is created below its namespace")
        check_type(resource, body)
        named = body.get("metadata", {}).get("namespace")
        if named and named != target.namespace:
            raise bad_request(
                "the namespace of the provided object does not match the namespace sent on the request"
            )
        name = self._admission.name(body)
        if "status" in resource.subresources:
            body.pop("status", None)
        self._admission.creating(resource, target.namespace, body)
        return key_of(resource, target.namespace, name)

    def _replace(self, target: Target, body: Object, manager: str, dry_run: bool) -> Object:
        check_type(target.resource, body)
        old = self._existing(target)
        stored = self._store.update(target.key, self._updated(target, body, old, manager), dry_run=dry_run)
        return scale_of(stored) if target.subresource == "scale" else stored

    def _updated(self, target: Target, body: Object, old: Object, manager: str) -> Object:
        """The object that an update stores, with the managers of its fields."""
        new = self._prepared(target, body, old)
        resource = target.resource
        managers = Managers.of_update(new, old, below=bool(target.subresource), custom=resource.custom)
        if not managers.empty:
            who = Manager(manager, "Update", resource.group_version, target.subresource)
            ignored = "status" if not target.subresource and "status" in resource.subresources else ""
            managers.updated(who, old, new, ignored)
        return managers.write_to(new)

    def _prepared(self, target: Target, body: Object, old: Object) -> Object:
        """The object that an update stores: a subresource changes its part only, others all but status."""
        if target.subresource == "status":
            versioned = old | {"status": body.get("status", {})}
            based_on = body.get("metadata", {}).get("resourceVersion", old["metadata"]["resourceVersion"])
            return versioned | {"metadata": old["metadata"] | {"resourceVersion": based_on}}
        if target.subresource == "scale":
            return old | {"spec": old["spec"] | {"replicas": body["spec"]["replicas"]}}
        if "status" in target.resource.subresources:
            body.pop("status", None)
            body |= {"status": old["status"]} if "status" in old else {}
        metadata = body.setdefault("metadata", {})
        metadata.setdefault("name", old["metadata"]["name"])
        self._admission.updating(target.resource, body, old)
        return body

    # belief: K8S-patches
    def _patch(self, target: Target, call: Call, dry_run: bool) -> ApiAnswer:
        if call.content_type == APPLY:
            return self._apply(target, call, dry_run)
        old = self._get(target)
        patch = read_body(call)
        match call.content_type:
            case "application/json-patch+json":
                new = json_patch(old, patch)
            case "application/merge-patch+json":
                new = merge_patch(old, patch)
            case "application/strategic-merge-patch+json" if not target.resource.custom:
                new = strategic_merge(old, patch)
            case other:
                message = f"the body of the request was in an unknown format: {other}"
                raise ApiError(415, "UnsupportedMediaType", message)
        return ApiAnswer(200, self._replace(target, new, call.manager, dry_run))

    # belief: K8S-server-side-apply
    def _apply(self, target: Target, call: Call, dry_run: bool) -> ApiAnswer:
        configuration = read_body(call)
        check_type(target.resource, configuration)
        metadata = configuration.setdefault("metadata", {})
        metadata.setdefault("name", target.name)
        if not call.query.get("fieldManager"):
            raise bad_request("PatchOptions.meta.k8s.io is invalid: fieldManager: Required value")
        if metadata.get("managedFields") is not None:
            raise bad_request("metadata.managedFields must be nil")
        custom, version = target.resource.custom, target.resource.group_version
        who = Manager(call.manager, "Apply", version, target.subresource)
        old = self._store.get(target.key)
        if old is None:
            body = json.loads(json.dumps(configuration))
            key = self._admitted(target, body)
            managers = Managers((), custom=custom)
            managers.applied(who, configuration, {}, body, force=True)
            return ApiAnswer(201, self._store.create(key, managers.write_to(body), dry_run=dry_run))
        based_on = metadata.get("resourceVersion")
        if based_on and based_on != old["metadata"]["resourceVersion"]:
            raise conflict(target.key.qualified, target.name)
        managers = Managers.of(old, custom=custom)
        # belief: K8S-before-first-apply
        if managers.empty:
            managers.begin(old, version)
        new = apply(old, configuration, who, managers, custom=custom)
        managers.applied(who, configuration, old, new, force=call.query.get("force") == "true")
        new = managers.write_to(self._prepared(target, new, old))
        return ApiAnswer(200, self._store.update(target.key, new, dry_run=dry_run))

    # belief: K8S-optimistic-locking
    def _delete(self, target: Target, options: Mapping[str, Any], dry_run: bool) -> Object:
        found = self._existing(target)
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
