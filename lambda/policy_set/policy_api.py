"""Policies in the Kubernetes API: list them, apply one, delete one."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from api_server import Answer
from attempts import Call, is_final
from denials import fix_of
from errors import DeadlineError, PermanentError

#: Policies in one page of a list.
PAGE: Final = 250
#: The API server keeps our fields under this name.
MANAGER: Final = "cdk-eks-cilium"

_APPLY: Final = "application/apply-patch+yaml"  # JSON is YAML
_JSON_PATCH: Final = "application/json-patch+json"


@dataclass(frozen=True)
class Shelf:
    """The place of policies: a namespace, or the whole cluster.

    Attributes:
        call: The API server, and the time for its requests.
        namespace: The namespace; None for clusterwide policies.
    """

    call: Call
    namespace: str | None

    @property
    def plural(self) -> str:
        """The resource's name in the API."""
        return "ciliumnetworkpolicies" if self.namespace else "ciliumclusterwidenetworkpolicies"

    @property
    def path(self) -> str:
        """The path of the collection."""
        within = f"/namespaces/{self.namespace}" if self.namespace else ""
        return f"/apis/cilium.io/v2{within}/{self.plural}"

    @property
    def place(self) -> str:
        """The place, in words."""
        return f"namespace {self.namespace}" if self.namespace else "the cluster"

    @property
    def grant(self) -> str:
        """How the function's group gets its rights, in words."""
        kind = "Role in that namespace" if self.namespace else "ClusterRole"
        return f"bind it to a {kind} with list, create, patch and delete of {self.plural}.cilium.io"

    def where(self, name: str) -> str:
        """A policy, for errors."""
        return f"Policy {name} in {self.place} of cluster {self.call.cluster_name}"

    def all(self, *, wait: bool) -> dict[str, dict[str, Any]] | None:
        """The policies of the place, by name; None if the API server does not know the resource.

        Args:
            wait: Whether to wait until Cilium's operator registers the resource.

        Raises:
            PermanentError: If the API server refuses for a permanent reason.
            DeadlineError: If it does not answer in time, or the operator does not register the resource.
        """
        must = f"The policies in {self.place} of cluster {self.call.cluster_name}: must be readable"
        for attempt in itertools.count(1):
            answer = self._list(must)
            if isinstance(answer, dict):
                return answer
            if answer.status != HTTPStatus.NOT_FOUND:
                raise PermanentError(f"{must}, GET got {answer}; {self.call.final_fix(answer)}")
            if not wait:
                return None
            if not self.call.deadline.pause(attempt):
                raise DeadlineError(
                    f"{self.plural}.cilium.io of cluster {self.call.cluster_name}: must be registered before "
                    f"the function's time is up, and is not {self.call.spent(attempt)}; Cilium's operator "
                    "registers it once it runs, which takes a node: see why it does not (kubectl --namespace "
                    "kube-system get pods), then deploy again"
                )
        raise AssertionError("unreachable: count() does not end")

    def _list(self, must: str) -> dict[str, dict[str, Any]] | Answer:
        """The items of all pages; the answer itself if it is not ok."""
        found: dict[str, dict[str, Any]] = {}
        following = ""
        while True:
            query = {"limit": str(PAGE), **({"continue": following} if following else {})}
            answer = self.call.settle("GET", f"{self.path}?{urlencode(query)}", must, self.grant)
            if answer.status == HTTPStatus.GONE and following:
                # The list is too old to be continued: begin again.
                found, following = {}, ""
                continue
            if not answer.ok:
                return answer
            for item in answer.get("items") or ():
                found[str(item["metadata"]["name"])] = item
            following = str(answer.get("metadata", "continue") or "")
            if not following:
                return found

    def apply(self, name: str, manifest: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """Apply a policy.

        Returns:
            Why the API server refuses it, in words, or an empty text; and the policy as it is stored.

        Raises:
            DeadlineError: If the API server does not answer in time.
        """
        return self._patch(name, f"fieldManager={MANAGER}&force=true", manifest, _APPLY)

    def replace(self, name: str, fields: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """Set whole fields of a policy, or remove the ones with None; the answer is as for `apply`.

        Raises:
            DeadlineError: If the API server does not answer in time.
        """
        # "add" replaces a member that is there (RFC 6902, 4.1), also one that a "remove" could not find.
        operations: list[Mapping[str, Any]] = [
            {"op": "add", "path": f"/{field}", "value": value} for field, value in fields.items()
        ]
        removals = [{"op": "remove", "path": each["path"]} for each in operations if each["value"] is None]
        return self._patch(name, f"fieldManager={MANAGER}", [*operations, *removals], _JSON_PATCH)

    def _patch(
        self, name: str, query: str, body: Mapping[str, Any] | list[Any], content_type: str
    ) -> tuple[str, Mapping[str, Any]]:
        where = self.where(name)
        path = f"{self.path}/{quote(name)}?{query}"
        answer = self.call.settle("PATCH", path, f"{where}: must be applied", self.grant, body, content_type)
        if answer.ok:
            return "", answer.body
        if answer.status == HTTPStatus.NOT_FOUND:
            return f"{where}: must be in {self.place}, which does not exist; create it first", {}
        fix = fix_of(answer) or "correct the policy"
        return f"{where}: must be valid for the API server, PATCH got {answer}; {fix}", {}

    def delete(self, name: str, uid: str) -> bool:
        """Delete a policy, unless another policy has its name by now; return whether this call did.

        An accepted deletion is enough: Cilium soon stops enforcing a policy that only a finalizer holds.

        Raises:
            PermanentError: If the API server refuses for a permanent reason.
            DeadlineError: If it does not answer in time.
        """
        where = self.where(name)
        path = f"{self.path}/{quote(name)}"
        body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"uid": uid}}
        for attempt in itertools.count(1):
            answer = self.call.ask("DELETE", path, attempt, body)
            if answer.ok:
                return True
            if answer.status == HTTPStatus.NOT_FOUND:
                return False
            if answer.status == HTTPStatus.CONFLICT:
                there = self.call.get(path, where, self.grant)
                if there.get("metadata", "uid") != uid:
                    return False
            elif is_final(answer):
                raise PermanentError(
                    f"{where}: must be deletable, DELETE got {answer}; {self.call.final_fix(answer)}"
                )
            if not self.call.deadline.pause(attempt, answer.retry_after):
                raise DeadlineError(
                    f"{where}: must be deleted before the function's time is up, DELETE got {answer} "
                    f"{self.call.spent(attempt)}; {self.call.fix(answer, self.grant)}"
                )
        raise AssertionError("unreachable: count() does not end")
