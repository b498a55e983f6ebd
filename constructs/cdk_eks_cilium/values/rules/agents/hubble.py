"""What Hubble refuses, and what it does without."""

from __future__ import annotations

from typing import Final

from .configuration import Configuration
from .rule import Caution, Contradiction

_CERTIFICATE: Final = ("hubble.tls.server.cert", "hubble.tls.server.key")
_BUFFERS: Final = frozenset((1 << bits) - 1 for bits in range(1, 17))


def _half_a_certificate(given: Configuration) -> bool:
    return len([path for path in _CERTIFICATE if given.text(path)]) == 1


CONTRADICTIONS: Final = (
    Contradiction(
        id="CEK2360",
        name="buffer of flows of another size",
        setting="hubble.eventBufferCapacity",
        broken=lambda given: (
            bool(given.text("hubble.eventBufferCapacity"))
            and given.number("hubble.eventBufferCapacity") not in _BUFFERS
        ),
        rule="must be a power of two less one, from 1 to 65535: Hubble does not start with another size",
        fix="for example 4095 or 16383; or remove it",
        source="NewCapacity in pkg/hubble/container/ring.go",
    ),
    Contradiction(
        id="CEK2362",
        name="half of a certificate",
        setting="hubble.tls.server.cert hubble.tls.server.key",
        broken=_half_a_certificate,
        rule="needs both hubble.tls.server.cert and hubble.tls.server.key: the server of flows does not "
        "start with one of them",
        fix="set both, or remove it to let the release make certificates",
        source="templates/hubble/tls-provided/server-secret.yaml of every chart",
    ),
)

CAUTIONS: Final = (
    Caution(
        name="flows without encryption",
        setting="hubble.tls.enabled",
        met=lambda given: given.off("hubble.tls.enabled") and given.on("hubble.relay.enabled"),
        text="any pod that reaches port 4244 of a node can read its flows; remove it",
        source="https://docs.cilium.io/en/stable/observability/hubble/configuration/tls/",
    ),
)
