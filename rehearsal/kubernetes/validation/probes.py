"""Probes and the handlers of a container's life cycle.

``validateProbe`` and ``validateHandler`` of
https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go.
"""

# belief: K8S-containers

from __future__ import annotations

from typing import Final

from rehearsal.kubernetes.model import Object
from rehearsal.kubernetes.validation import formats
from rehearsal.kubernetes.validation.fields import (
    Errors,
    each,
    forbidden,
    invalid,
    not_negative,
    one_of,
    required,
)
from rehearsal.kubernetes.validation.values import entries, has, mapping, number, text

PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_GRACE = "terminationGracePeriodSeconds"


def probes(container: Object, path: str) -> Errors:
    """The probes of a container that runs on."""
    for kind in PROBES:
        if has(container, kind):
            yield from _probe(mapping(container, kind), kind, f"{path}.{kind}")


def _probe(probe: Object, kind: str, path: str) -> Errors:
    yield from _handler(probe, path, ("exec", "httpGet", "tcpSocket", "grpc"), None)
    for field in _COUNTS:
        yield from not_negative(f"{path}.{field}", probe.get(field))
    grace = number(probe, _GRACE)
    if grace is not None and grace <= 0:
        yield invalid(f"{path}.{_GRACE}", grace, "must be greater than 0")
    if kind == "readinessProbe":
        if grace is not None:
            yield invalid(f"{path}.{_GRACE}", grace, "must not be set for readinessProbes")
    elif (number(probe, "successThreshold") or 1) != 1:
        yield invalid(f"{path}.successThreshold", number(probe, "successThreshold"), "must be 1")


def lifecycle(container: Object, path: str, grace: int) -> Errors:
    """What happens after the start and before the stop of a container.

    Args:
        grace: The seconds that the pod has to end.
    """
    found = mapping(container, "lifecycle")
    for moment in ("postStart", "preStop"):
        if has(found, moment):
            kinds = ("exec", "httpGet", "tcpSocket", "sleep")
            yield from _handler(mapping(found, moment), f"{path}.lifecycle.{moment}", kinds, grace)


def _handler(handler: Object, path: str, kinds: tuple[str, ...], grace: int | None) -> Errors:
    given = [kind for kind in kinds if has(handler, kind)]
    for position, kind in enumerate(given):
        where, action = f"{path}.{kind}", mapping(handler, kind)
        if position:
            yield forbidden(where, "may not specify more than 1 handler type")
            continue
        match kind:
            case "exec":
                if not action.get("command"):
                    yield required(f"{where}.command")
            case "httpGet":
                yield from _request(action, where)
            case "sleep":
                yield from _sleep(action, path, grace)
            case _:
                port = action.get("port")
                yield from each(f"{where}.port", port if has(action, "port") else 0, formats.port(port or 0))
    if not given:
        yield required(path, "must specify a handler type")


def _request(action: Object, path: str) -> Errors:
    # The server fills in a missing path.
    port = action.get("port")
    yield from each(f"{path}.port", port if has(action, "port") else 0, formats.port(port or 0))
    yield from one_of(f"{path}.scheme", text(action, "scheme", "HTTP"), ("HTTP", "HTTPS"))
    for header in entries(action, "httpHeaders"):
        name = text(header, "name")
        yield from each(f"{path}.httpHeaders", name, formats.header_name(name))


def _sleep(action: Object, path: str, grace: int | None) -> Errors:
    seconds = number(action, "seconds") or 0
    if grace is not None and not 0 <= seconds <= grace:
        words = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
        yield invalid(f"{path}.sleep", seconds, words)
