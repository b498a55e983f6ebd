"""The verbs of the API; calls.py interprets requests, and server.py transports them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network

from rehearsal.kubernetes.access import Access
from rehearsal.kubernetes.admission import SERVICES, Admission
from rehearsal.kubernetes.beginnings import begin
from rehearsal.kubernetes.bootstrap import make_roles
from rehearsal.kubernetes.built_in import DEPRECATED
from rehearsal.kubernetes.calls import (
    ApiAnswer,
    Call,
    Target,
    check_served,
    read_body,
    target_of,
    verb_of,
)
from rehearsal.kubernetes.custom.resources import CustomResources
from rehearsal.kubernetes.deletion import delete
from rehearsal.kubernetes.discovery import Discovery
from rehearsal.kubernetes.errors import ApiError, bad_request
from rehearsal.kubernetes.model import Identity, Object
from rehearsal.kubernetes.notices import warn
from rehearsal.kubernetes.openings import check_open, check_place, check_pod
from rehearsal.kubernetes.options import DeleteOptions, delete_options, list_options, tries_only
from rehearsal.kubernetes.pages import list_objects, version_number
from rehearsal.kubernetes.reading import Reader
from rehearsal.kubernetes.resources import ResourceTypes
from rehearsal.kubernetes.reviews import Reviews, is_review
from rehearsal.kubernetes.schemas.catalogue import Schemas
from rehearsal.kubernetes.selectors import Matcher, field_matcher, label_matcher
from rehearsal.kubernetes.store import ObjectKey, Store, key_of
from rehearsal.kubernetes.subresources import OF_KUBELETS, Subresources, unanswered
from rehearsal.kubernetes.tables import shown, wanted_form
from rehearsal.kubernetes.tokens import Tokens
from rehearsal.kubernetes.updates import Updates
from rehearsal.kubernetes.watching import watch

#: Manages the fields that the cluster's own controllers write.
_INSIDE = "kube-controller-manager"
# belief: K8S-create-on-update
#: The types that a PUT creates: the plurals.
_CREATED_BY_PUT = frozenset(
    {
        "leases",
        "endpoints",
        "events",
        "limitranges",
        "services",
        "runtimeclasses",
        "roles",
        "rolebindings",
        "clusterroles",
        "clusterrolebindings",
    }
)
_NAMES_TO_TRY = 8


class Api:
    """Answers calls against a store; ``after_write`` runs after each change, under the store's lock.

    Attributes:
        tokens: The tokens of service accounts that it has handed out.
    """

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
        self._minor = int(version.split(".")[1])
        self._discovery = Discovery(types, version)
        self._access = Access(store)
        schemas = Schemas(version)
        self._reader = Reader(schemas)
        self._admission = Admission(store, services, version, CustomResources(schemas))
        #: What the quotas of namespaces admit.
        self.quotas = self._admission.quotas
        self._updates = Updates(schemas, self._reader, self._admission, self._admitted, self._stored)
        self.tokens = Tokens()
        self._reviews = Reviews(self._access.authorizer, self.tokens)
        self._subresources = Subresources(store, self.tokens)
        self._writer = Identity(_INSIDE, cluster_admin=True)
        make_roles(store)

    def answer(self, call: Call, identity: Identity) -> ApiAnswer:
        """Answer a call.

        Raises:
            ApiError: The call is refused.
        """
        identity = self._access.impersonated(call, identity)
        if call.method == "GET" and (found := self._discovery.answer(call.path, call.accept)) is not None:
            self._access.require_path(call, identity)
            return ApiAnswer(200, found)
        try:
            target = target_of(call.path, self._types)
        except ApiError:
            self._access.require_path(call, identity)
            raise
        form, verb = wanted_form(call.accept), verb_of(call, target)
        self._access.require(call, target, verb, identity)
        check_served(verb, target)
        since, words = DEPRECATED.get(target.resource.plural, (0, ""))
        if words and not target.resource.custom and self._minor >= since:
            warn(words)
        if target.subresource in OF_KUBELETS:
            raise unanswered(target, self._existing(target))  # belief: K8S-subresources
        include = call.query.get("includeObject", "")
        if verb == "watch":
            events = self._watch(target, call)
            return ApiAnswer(200, _shown_events(events, form, target, include))
        if verb == "list":
            return ApiAnswer(200, shown(form, target.resource, self._list(target, call), include))
        if verb == "get":
            self._store.check_remembered(version_number(call.query.get("resourceVersion", "")))
            found = self._updates.shown(target, self._existing(target))
            return ApiAnswer(200, shown(form, target.resource, found, include))
        if is_review(target.resource):
            review = self._reader.object(call, target)
            answered = self._reviews.answer(target.resource.kind, review, target.namespace, identity)
            return ApiAnswer(201, answered)
        with self._store.lock:
            self._writer = identity
            answer = self._write(verb, target, call)
            self._after_write()
        return answer

    def submit(self, body: Object, manager: str = _INSIDE) -> Object:
        """Create or replace an object from inside, through the same admission as for a client."""
        resource = self._types.of_kind(body["kind"])
        body = self._reader.inside(json.loads(json.dumps(body)), resource)
        namespace = body["metadata"].get("namespace", "")
        key = key_of(resource, namespace, self._admission.name(body))
        target = Target(resource, *key[2:], "")
        with self._store.lock:
            self._writer = Identity(_INSIDE, cluster_admin=True)
            old = self._store.get(key)
            if old is None:
                managers = self._updates.managers_of_new(resource, body, manager)
                self._admission.creating(resource, namespace, body)
                stored = self._stored(key, target, managers.write_to(body), None, False)
            else:
                # Controllers write what they read a moment ago.
                body["metadata"].setdefault("resourceVersion", old["metadata"]["resourceVersion"])
                new = self._updates.updated(target, body, old, manager)
                stored = self._stored(key, target, new, old, False)
            if resource.kind == "CustomResourceDefinition":
                self._types.serve(stored)  # controllers use the type at once
            self._after_write()
        return stored

    def _watch(self, target: Target, call: Call) -> Iterator[Object]:
        options = list_options(call.query, watch=True)
        where, matches = target.namespace or None, _matcher(target, call)
        return watch(self._store, target.resource, where, matches, options, self._stopped)

    def _existing(self, target: Target) -> Object:
        return self._updates.existing(self._store.get(target.key), target)

    def _matching(self, target: Target, matches: Matcher) -> list[Object]:
        resource = target.resource
        found = self._store.find(resource.group, resource.plural, target.namespace or None)
        return [candidate for candidate in found if matches(candidate)]

    def _list(self, target: Target, call: Call) -> Object:
        options = list_options(call.query, watch=False)
        selects = bool(call.query.get("labelSelector") or call.query.get("fieldSelector"))
        where, matches = target.namespace or None, _matcher(target, call)
        return list_objects(self._store, target.resource, where, matches, options, selects=selects)

    def _write(self, verb: str, target: Target, call: Call) -> ApiAnswer:
        match verb:
            case "create":
                dry_run = tries_only("CreateOptions", call.query)
                if target.subresource:
                    found, body = self._existing(target), read_body(call)
                    return ApiAnswer(201, self._subresources.create(target, found, body, dry_run=dry_run))
                body = self._reader.object(call, target)
                return ApiAnswer(201, self._create(target, body, call.manager, dry_run))
            case "update":
                return self._put(target, call, tries_only("UpdateOptions", call.query))
            case "patch":
                dry_run = tries_only("PatchOptions", call.query)
                return self._updates.patch(target, self._store.get(target.key), call, dry_run)
        options = delete_options(call.query, read_body(call) if call.body.strip() else {})
        if verb == "delete":
            return ApiAnswer(200, self._delete(target, options))
        items = self._matching(target, _matcher(target, call))
        for item in items:
            metadata = item["metadata"]
            one = Target(target.resource, metadata.get("namespace", ""), metadata["name"], "")
            self._delete(one, options)
        return ApiAnswer(200, self._list(target, call) | {"items": items})

    def _put(self, target: Target, call: Call, dry_run: bool) -> ApiAnswer:
        body, old = self._reader.object(call, target), self._store.get(target.key)
        # belief: K8S-create-on-update
        creates = target.resource.plural in _CREATED_BY_PUT and not target.subresource
        if creates and old is None:
            check_place(target, body)
            return ApiAnswer(201, self._create(target, body, call.manager, dry_run))
        return self._updates.replace(target, old, body, call.manager, dry_run)

    def _create(self, target: Target, body: Object, manager: str, dry_run: bool) -> Object:
        managers = self._updates.managers_of_new(target.resource, body, manager)
        key = self._admitted(target, body)
        return self._stored(key, target, managers.write_to(body), None, dry_run)

    def _stored(
        self, key: ObjectKey, target: Target, body: Object, old: Object | None, dry_run: bool
    ) -> Object:
        """Store what a client writes, unless it grants what the client does not have."""
        if target.namespace and target.resource.namespaced:
            body["metadata"]["namespace"] = target.namespace
        self._access.escalation.check(self._writer, target.resource, body, old)
        if old is None:
            return self._store.create(key, body, dry_run=dry_run)
        return self._store.update(key, body, dry_run=dry_run)

    # belief: K8S-namespace-must-exist
    def _admitted(self, target: Target, body: Object) -> ObjectKey:
        """Complete and check a new object, in place; its key."""
        resource = target.resource
        body.setdefault("metadata", {}).pop("uid", None)
        if resource.namespaced and not target.namespace:
            raise bad_request("an object of a namespaced type is created below its namespace")
        check_place(target, body)
        name = self._free_name(target, body)
        check_open(self._store, target, name)
        if (resource.group, resource.kind) == ("", "Pod"):
            check_pod(self._store, target, body)
        self._updates.reset_status(resource, body, {})
        begin(resource, body)
        self._admission.creating(resource, target.namespace, body)
        return key_of(resource, target.namespace, name)

    # belief: K8S-names
    def _free_name(self, target: Target, body: Object) -> str:
        """The name of a new object; a generated name is drawn again while another object has it."""
        given = (body.get("metadata") or {}).get("name")
        for _ in range(_NAMES_TO_TRY):
            name: str = self._admission.name(body)
            if given or self._store.get(key_of(target.resource, target.namespace, name)) is None:
                break
            body["metadata"]["name"] = ""
        return name

    def _delete(self, target: Target, options: DeleteOptions) -> Object:
        found = self._existing(target)
        self._admission.deleting(target.resource, target.name)
        return delete(self._store, target, found, options)


def _shown_events(events: Iterator[Object], form: str, target: Target, include: str) -> Iterator[Object]:
    for event in events:
        if event["type"] in ("BOOKMARK", "ERROR") or not form:
            yield event
        else:
            yield event | {"object": shown(form, target.resource, event["object"], include)}


def _matcher(target: Target, call: Call) -> Matcher:
    """Selects the objects that the selectors or the path of a call name."""
    by_label = label_matcher(call.query.get("labelSelector", ""))
    by_field = field_matcher(call.query.get("fieldSelector", ""), target.resource)
    return lambda candidate: (
        target.name in ("", candidate["metadata"]["name"]) and by_label(candidate) and by_field(candidate)
    )
