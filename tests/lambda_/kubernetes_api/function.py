"""The function, called against a served API with the rights that the construct ships."""

from __future__ import annotations

import base64
import functools
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from rehearsal.aws import Credentials
from tests.lambda_.conftest import FakeTime, call_handler, read_event
from tests.lambda_.kubernetes_api.cases import Case
from tests.lambda_.kubernetes_api.client import Client
from tests.lambda_.kubernetes_api.kinds import CLUSTER, REGION, KubernetesApi, wait_until

#: Real seconds of a pause, so that a server can catch up while the function's own clock flies.
_REAL_PAUSE = 0.02


class Function:
    """A function with a role and a group of its own, so that no other test's rights reach it.

    Attributes:
        group: The group of its access entry.
        role: Its role's credentials.
        on_pause: Called whenever it pauses.
        pauses: How often it paused.
    """

    def __init__(self, api: KubernetesApi, code: SimpleNamespace) -> None:
        unique = secrets.token_hex(4)
        self.name, self.group = f"cdk-eks-cilium-{unique}", f"cdk-eks-cilium:{unique}"
        self.role: Credentials = api.new_role(self.group)
        self.on_pause: Callable[[], None] = lambda: None
        self.pauses = 0
        self._api, self._code = api, code

    @property
    def client(self) -> Client:
        """A client with a token that the function made, for requests that the function never sends."""
        return self._api.client(
            self._code.eks_token.make_token(CLUSTER, REGION, self._code.eks_token.find_credentials())
        )

    def grant(self, case: Case) -> None:
        """Apply the rights of a case, and wait until the server goes by them."""
        self.grant_rights(case.manifests(self.name, self.group))

    def grant_rights(self, manifests: Sequence[Mapping[str, Any]]) -> None:
        """Apply roles and bindings, and wait until the server goes by them."""
        self._api.apply(*manifests)
        client = self.client
        for manifest in manifests:
            namespace = manifest["metadata"].get("namespace", "")
            for rule in manifest.get("rules", ()):
                effective = functools.partial(_allowed, client, rule, namespace)
                wait_until(effective, f"{rule} is effective")

    def call(
        self,
        request_type: str,
        case: Case,
        *,
        old: Case | None = None,
        seconds: float = 30.0,
        hurried: bool = False,
    ) -> dict[str, Any]:
        """Send one event.

        Args:
            request_type: ``create``, ``update`` or ``delete``.
            case: What the custom resource asks for.
            old: For an update, what it asked for before.
            seconds: Up to the deadline, without the reserve.
            hurried: Pauses take no time and count in full. Without it they are short and take
                real time, in which the server can do its own work.
        """
        event = read_event(request_type)
        pem = self._api.server.certificate_authority_pem.encode()
        event["ResourceProperties"] |= {
            "Endpoint": self._api.server.endpoint,
            "CertificateAuthorityData": base64.b64encode(pem).decode(),
            **case.properties,
        }
        if old is not None:
            event["OldResourceProperties"] = event["ResourceProperties"] | old.properties
        return call_handler(self._code, event, seconds, self._clock(hurried))

    def _clock(self, hurried: bool) -> Any:
        fake = FakeTime()

        def pause(seconds: float) -> None:
            self.pauses += 1
            self.on_pause()
            if hurried:
                fake.sleep(seconds)
            else:
                time.sleep(min(seconds, _REAL_PAUSE))

        return self._code.deadline.Clock(
            now=fake.now if hurried else time.monotonic, sleep=pause, jitter=fake.jitter
        )


def _allowed(client: Client, rule: dict[str, Any], namespace: str) -> bool:
    (group,) = rule["apiGroups"]
    return all(
        may(client, verb, group, resource, namespace, name)
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    )


def may(client: Client, verb: str, group: str, resource: str, namespace: str, name: str) -> bool:
    """Whether the API server says that the client may do something."""
    plural, _, subresource = resource.partition("/")
    attributes = {
        "verb": verb,
        "group": group,
        "resource": plural,
        "subresource": subresource,
        "namespace": namespace,
        "name": name,
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    reviewed = client.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
    return bool(reviewed["status"]["allowed"])
