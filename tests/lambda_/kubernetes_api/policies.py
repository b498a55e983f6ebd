"""The function that keeps policies, against a served API with the types that Cilium's operator registers."""

from __future__ import annotations

import base64
import functools
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import yaml

from tests.lambda_.conftest import FakeTime, call_handler
from tests.lambda_.kubernetes_api.function import Function
from tests.lambda_.kubernetes_api.kinds import KubernetesApi, wait_until
from tests.lambda_.policy_set.conftest import properties

GROUP: Final = "cilium.io"
HERE: Final = "default"
ELSEWHERE: Final = "kube-public"
KINDS: Final = {
    "CiliumNetworkPolicy": "ciliumnetworkpolicies",
    "CiliumClusterwideNetworkPolicy": "ciliumclusterwidenetworkpolicies",
}
NEWEST: Final = "1.19.1"

_CRDS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_SECONDS: Final = 30.0
_REAL_PAUSE: Final = 0.02


def collection(namespace: str | None) -> str:
    """Where policies of a namespace are, or the clusterwide ones."""
    if namespace is None:
        return f"/apis/{GROUP}/v2/{KINDS['CiliumClusterwideNetworkPolicy']}"
    return f"/apis/{GROUP}/v2/namespaces/{namespace}/{KINDS['CiliumNetworkPolicy']}"


def names(api: KubernetesApi, namespace: str | None) -> list[str]:
    """The policies that are there."""
    reply = api.administrator.ask("GET", collection(namespace))
    assert reply.ok, reply
    return sorted(each["metadata"]["name"] for each in reply.body["items"])


def register(api: KubernetesApi, number: str = NEWEST) -> None:
    """Do what the operator does once it runs: register the types, and wait until they are served."""
    for kind, plural in KINDS.items():
        api.administrator.create(_CRDS, definition(kind, number))
        served = functools.partial(_is_served, api, HERE if kind == "CiliumNetworkPolicy" else None)
        wait_until(served, f"{plural} are served")


def _is_served(api: KubernetesApi, namespace: str | None) -> bool:
    return api.administrator.ask("GET", collection(namespace)).ok


def unregister(api: KubernetesApi) -> None:
    """Delete every policy, and the types."""
    for namespace in (HERE, ELSEWHERE, None):
        if _is_served(api, namespace):
            for name in names(api, namespace):
                api.remove(f"{collection(namespace)}/{name}")
    for plural in KINDS.values():
        api.remove(f"{_CRDS}/{plural}.{GROUP}")


def definition(kind: str, number: str) -> dict[str, Any]:
    """A type as Cilium's operator registers it; without `CILIUM_REFERENCE` one that takes anything."""
    plural = KINDS[kind]
    folder = os.environ.get("CILIUM_REFERENCE")
    if folder:
        text = (Path(folder) / "crds" / number / f"{plural}.yaml").read_text(encoding="utf-8")
        found: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return found
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced" if kind == "CiliumNetworkPolicy" else "Cluster",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
            "versions": [
                {"name": "v2", "served": True, "storage": True, "schema": {"openAPIV3Schema": anything}}
            ],
        },
    }


class PolicyFunction(Function):
    """The function, with a role of its own."""

    def __init__(self, api: KubernetesApi, code: SimpleNamespace) -> None:
        super().__init__(api, code)
        self._server = api.server
        self._modules = code

    def keep(
        self,
        request_type: str,
        *policies: Mapping[str, Any],
        namespace: str | None = HERE,
        seconds: float = _SECONDS,
    ) -> dict[str, Any]:
        """Send one event: ``Create``, ``Update`` or ``Delete``."""
        given = properties(*map(dict, policies), Namespace=namespace, Owner="suite")
        pem = self._server.certificate_authority_pem.encode()
        event = {
            "RequestType": request_type,
            "ResourceProperties": {
                **{key: value for key, value in given.items() if value is not None},
                "Endpoint": self._server.endpoint,
                "CertificateAuthorityData": base64.b64encode(pem).decode(),
            },
            **({} if request_type == "Create" else {"PhysicalResourceId": "policy-set/demo/default/suite"}),
        }
        fake = FakeTime()

        def pause(asked: float) -> None:
            self.pauses += 1
            self.on_pause()
            time.sleep(min(asked, _REAL_PAUSE))
            fake.sleep(asked)

        clock = self._modules.deadline.Clock(now=fake.now, sleep=pause, jitter=fake.jitter)
        return call_handler(self._modules, event, seconds, clock)


def applied(api: KubernetesApi, manifests: Iterator[Mapping[str, Any]]) -> list[str]:
    """The errors of the server for these manifests, with strict validation of fields."""
    said = []
    for manifest in manifests:
        clusterwide = manifest["kind"] == "CiliumClusterwideNetworkPolicy"
        # In a namespace that exists, whichever was drawn.
        path = collection(None if clusterwide else HERE)
        body = {**manifest, "metadata": {"name": manifest["metadata"]["name"]}}
        reply = api.administrator.ask("POST", f"{path}?dryRun=All&fieldValidation=Strict", body)
        if not reply.ok:
            said.append(f"{reply}: {manifest}")
    return said
