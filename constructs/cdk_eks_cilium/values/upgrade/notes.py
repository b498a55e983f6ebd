"""The notes of a step that matter for some values: Cilium's own, and what follows from the values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, get_args

from cdk_eks_cilium.problems import MISSING
from cdk_eks_cilium.values.model import CiliumValues
from cdk_eks_cilium.values.rendering.chart import tls_method
from cdk_eks_cilium.values.rendering.cni_config import NAME, NAMESPACE, needs_config_map
from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.versions import behaviour
from cdk_eks_cilium.versions.cilium import CiliumVersion
from cdk_eks_cilium.versions.upgrade_notes import DEFINITIONS, GATEWAY_API, NOTES, Kind, Note

from .path import entered, left

_ORDER: Final = get_args(Kind)
_GUIDE: Final = "https://docs.cilium.io/en/stable/operations/upgrade/"
_NOT_SKIPPED: Final = frozenset({"window"})
#: Hubble's Secrets: the authority, the agents' certificate and the relay's.
_SECRETS: Final = "cilium-ca hubble-server-certs hubble-relay-client-certs"
_OF_HELM: Final = "https://github.com/cilium/cilium/issues/32941"


def step_notes(values: CiliumValues, old: CiliumVersion, new: CiliumVersion) -> list[Note]:
    """What to know before a step, sorted by kind; a step within a minor needs no note."""
    effective = EffectiveValues.of(values, new)
    found = [
        *(note for minor in entered(old, new) for note in NOTES.get(minor, ())),
        *_definitions(old, new),
        *_gateway(effective, old, new),
        *_secrets(values, effective, old, new),
        *_config_map(old, new),
        *_going_back(old, new),
    ]
    matter = [note for note in found if not note.only or effective.on(note.only)]
    return sorted(matter, key=lambda note: _ORDER.index(note.kind))


def _definitions(old: CiliumVersion, new: CiliumVersion) -> Iterator[Note]:
    source = "templates/cilium-operator/clusterrole.yaml of the charts"
    for minor in entered(old, new):
        found = DEFINITIONS.get(minor)
        if found and found.new:
            yield Note("crds", f"the new operator registers {', '.join(found.new)} by itself", source)
        if found and found.gone:
            text = f"nothing reads {', '.join(found.gone)} from here on; the CRDs stay until you delete them"
            yield Note("crds", text, source)


def _gateway(effective: EffectiveValues, old: CiliumVersion, new: CiliumVersion) -> Iterator[Note]:
    needed = {minor: GATEWAY_API[minor] for minor in entered(old, new) if minor in GATEWAY_API}
    if not effective.on("gatewayAPI.enabled"):
        return
    for minor, release in needed.items():
        yield Note(
            "crds",
            f"install the CRDs of Gateway API {release} before Cilium {minor}, or it serves no Gateway: "
            f"https://github.com/kubernetes-sigs/gateway-api/releases/tag/v{release}",
            f"https://docs.cilium.io/en/v{minor}/network/servicemesh/gateway-api/gateway-api/",
        )


def _secrets(
    values: CiliumValues, effective: EffectiveValues, old: CiliumVersion, new: CiliumVersion
) -> Iterator[Note]:
    """What becomes of Hubble's Secrets where another one makes them: Helm takes over no object."""
    before, after = tls_method(values, old), tls_method(values, new)
    if before == after or not (effective.on("hubble.enabled") and effective.on("hubble.tls.enabled")):
        return
    names = ", ".join(_SECRETS.split())
    remove = f"kubectl --namespace kube-system delete secret {_SECRETS}"
    if before == "helm":
        yield Note(
            "one-way",
            f"a job in the cluster makes Hubble's certificates from here on: the Secrets {names} are no "
            f"longer Helm's, and a roll-back of this step does not work by itself; before one run: {remove}",
            _OF_HELM,
        )
    elif after == "helm":
        yield Note(
            "one-way",
            f"this step does not work by itself: Helm refuses the Secrets {names}, which a job in the "
            f"cluster made; before it run: {remove}",
            _OF_HELM,
        )


def _config_map(old: CiliumVersion, new: CiliumVersion) -> Iterator[Note]:
    name, source = f"{NAMESPACE}/{NAME}", "docs/order.md"
    if needs_config_map(old) and not needs_config_map(new):
        yield Note(
            "meaning",
            f"the same deployment deletes the ConfigMap {name}, after the release; agents that restart read "
            "the values",
            source,
        )
    if needs_config_map(new) and not needs_config_map(old):
        yield Note("meaning", f"the same deployment makes the ConfigMap {name}, before the release", source)


def _going_back(old: CiliumVersion, new: CiliumVersion) -> Iterator[Note]:
    """What only the newer of two minors can do for the way back."""
    for minor in left(old, new):
        yield Note(
            "one-way",
            f"Cilium goes back from {minor} only before new features of {minor} are used, and one minor at a "
            "time",
            _GUIDE,
        )
        for note in NOTES.get(minor, ()):
            if note.kind in _NOT_SKIPPED:
                yield note
            elif note.kind == "crds":
                yield Note("crds", f"read for the way back: {note.text}", note.source, note.only)


def restarts(effective: EffectiveValues) -> Iterator[str]:
    """What restarts, when a release brings other images."""
    yield "the agents (DaemonSet cilium), node by node; running pods keep their addresses and connections"
    yield "cilium-operator; new interfaces and addresses wait for it"
    if effective.on("l7Proxy"):
        where = "Envoy (DaemonSet cilium-envoy)" if _own_envoy(effective) else "Envoy, within the agents"
        yield f"{where}; connections through the proxy break once"
    if effective.on("hubble.relay.enabled"):
        yield "Hubble's relay and UI" if effective.on("hubble.ui.enabled") else "Hubble's relay"


def _own_envoy(effective: EffectiveValues) -> bool:
    given = effective.get("envoy.enabled")
    if given is MISSING:
        return behaviour.chart.ENVOY_IN_OWN_PODS.holds(effective.defaults_of)
    return bool(given)
