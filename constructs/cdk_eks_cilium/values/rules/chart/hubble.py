"""What the chart refuses of Hubble: ``templates/validate.yaml``."""

from __future__ import annotations

import re
from typing import Any, Final

from cdk_eks_cilium.values.rendering.effective import EffectiveValues
from cdk_eks_cilium.versions.behaviour import refusals

from .refusal import Refusal

_UI: Final = "hubble.ui.backend.image.tag", "hubble.ui.frontend.image.tag"


def _standalone_without_certificates(values: EffectiveValues) -> bool:
    serves_tls = values.on("hubble.ui.standalone.enabled") and values.on("hubble.relay.tls.server.enabled")
    return (
        values.on("hubble.ui.enabled")
        and serves_tls
        and not values.on("hubble.ui.standalone.tls.certsVolume")
    )


def _relay_alone(values: EffectiveValues) -> bool:
    return values.on("hubble.relay.enabled") and not values.on("hubble.enabled")


def _no_issuer(values: EffectiveValues) -> bool:
    switches = ("hubble.enabled", "hubble.tls.enabled", "hubble.tls.auto.enabled")
    by_cert_manager = all(map(values.on, switches)) and values.get("hubble.tls.auto.method") == "certmanager"
    return by_cert_manager and not values.on("hubble.tls.auto.certManagerIssuerRef")


def _both_lists(values: EffectiveValues) -> bool:
    lists = ("hubble.redact.http.headers.allow", "hubble.redact.http.headers.deny")
    return all(map(values.on, lists))


def _old_ui(values: EffectiveValues) -> bool:
    tags = [values.get(path) for path in _UI]
    return values.on("hubble.ui.enabled") and "latest" not in tags and any(map(_before_0_9, tags))


def _before_0_9(tag: Any) -> bool:
    match = re.match(r"v?0(?:\.(\d+))?(?![\d])", tag) if isinstance(tag, str) else None
    return match is not None and int(match[1] or 0) < 9


REFUSALS: Final = (
    Refusal(
        refusals.STANDALONE_UI_WANTS_CERTIFICATES,
        (
            "hubble.ui.standalone.enabled",
            "hubble.relay.tls.server.enabled",
            "hubble.ui.standalone.tls.certsVolume",
        ),
        _standalone_without_certificates,
        "needs the certificates of a client, because the relay serves TLS",
        "set overrides.hubble.ui.standalone.tls.certsVolume, or leave hubble.relay.tls.server.enabled out",
        id="CEK2200",
    ),
    Refusal(
        refusals.RELAY_WANTS_HUBBLE,
        ("hubble.enabled", "hubble.relay.enabled"),
        _relay_alone,
        "must be true for the relay",
        "remove it, or set hubble.relay and hubble.ui to false",
        id="CEK2201",
    ),
    Refusal(
        refusals.CERT_MANAGER_WANTS_ISSUER,
        ("hubble.tls.auto.certManagerIssuerRef", "hubble.tls.auto.method"),
        _no_issuer,
        "must name an issuer for the method 'certmanager'",
        "set hubble.tls.issuer",
        id="CEK2202",
    ),
    Refusal(
        refusals.ONE_LIST_OF_HEADERS,
        ("hubble.redact.http.headers.deny", "hubble.redact.http.headers.allow"),
        _both_lists,
        "does not go with hubble.redact.http.headers.allow",
        "keep one of the two lists",
        id="CEK2203",
    ),
    Refusal(
        refusals.OLD_HUBBLE_UI,
        _UI,
        _old_ui,
        "must be 0.9.0 or newer for the Hubble UI",
        "remove it to keep the chart's tag",
        id="CEK2204",
    ),
)
