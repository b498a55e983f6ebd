"""What Hubble refuses, and what it does without."""

from __future__ import annotations

import json
from typing import Final

from .configuration import Configuration
from .rule import Caution, Contradiction

_CERTIFICATE: Final = ("hubble.tls.server.cert", "hubble.tls.server.key")
_BUFFERS: Final = frozenset((1 << bits) - 1 for bits in range(1, 17))


def _half_a_certificate(given: Configuration) -> bool:
    return len([path for path in _CERTIFICATE if given.text(path)]) == 1


_HEADERS: Final = ("hubble.redact.http.headers.allow", "hubble.redact.http.headers.deny")
_FILTERS: Final = "hubble.export.static.allowList hubble.export.static.denyList"


def _no_filters(given: Configuration) -> bool:
    lists = [given.get(path) for path in _FILTERS.split()]
    filters = [each for entries in lists if isinstance(entries, list | tuple) for each in entries]
    return given.on("hubble.export.static.enabled") and not all(map(_is_object, filters))


def _is_object(text: object) -> bool:
    try:
        return isinstance(json.loads(str(text)), dict)
    except ValueError:
        return False


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
    Contradiction(
        id="CEK2363",
        name="two lists of headers, past the chart",
        setting="hubble.redact.http.headers.deny hubble.redact.http.headers.allow",
        broken=lambda given: all(map(given.words, _HEADERS)) and any(map(given.by_option, _HEADERS)),
        rule="does not go with the other list of headers: agents do not start with both",
        fix="keep one of the two lists",
        source="validateHubbleRedact in pkg/option/config.go, pkg/hubble/parser/cell later",
    ),
    Contradiction(
        id="CEK2364",
        name="filters of flows that are not JSON",
        setting=_FILTERS,
        broken=_no_filters,
        rule="must be a list of filters, each an object of JSON: agents do not start with anything else",
        fix='for example [\'{{"verdict":["DROPPED"]}}\'], or remove it',
        source="https://docs.cilium.io/en/stable/observability/hubble/configuration/export/; Populate in "
        "pkg/option/config.go, pkg/hubble/exporter/cell later",
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
