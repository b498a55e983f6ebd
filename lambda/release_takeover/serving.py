"""How each type of request is served.

The takeover can only help: Helm says itself whether its apply works. So a request fails for wrong properties
and skipped minors alone, and never because an object could not be read or patched. A failure would stop a
roll-back.
"""

from __future__ import annotations

from typing import Final

from errors import FunctionError
from logs import Log
from minor_skip import refuse_skip
from objects import objects_of, take
from ownership import is_applied_by_helm
from properties import Properties
from request import Request

#: Seconds that a request takes at most: rights of a new role may come late.
AT_MOST: Final = 120.0
# belief: CFN-custom-resource-answer-size
#: Characters of the attribute: CloudFormation takes answers of 4096 bytes.
TOLD: Final = 1500
NOTHING: Final = "nothing"

log = Log("release_takeover")


def take_back(request: Request, properties: Properties) -> dict[str, str]:
    """Give Helm every field that others manage in the release's objects; return what, as ``TakenBack``."""
    told: list[str] = []
    try:
        call = properties.cluster.call(request.deadline(AT_MOST))
        found = list(objects_of(call, properties))
        if not any(each.is_marked for each in found):
            log.info({"no object of the release": properties.release})
            return _answer(told)
        if not any(is_applied_by_helm(each.body) for each in found):
            # Helm 3, and a release of Helm 3 under Helm 4, merges in the client, where nothing conflicts.
            log.info({"applied by the client": properties.release})
            return _answer(told)
        for each in found:
            takeover, problem = take(call, each)
            if not takeover.changed:
                continue
            line = {"object": each.path, "taken": takeover.taken, "freed": takeover.freed}
            if problem:
                log.warning({**line, "left as it is": problem})
                told.append(f"{each.name}: left as it is, {problem}")
                continue
            log.info(line)
            told += [f"{each.name}: {', '.join(fields)} by {who}" for who, fields in takeover.taken.items()]
    except FunctionError as error:
        log.error({"not everything was looked at": str(error)})
        told.append(f"not everything was looked at: {error}")
    return _answer(told)


def update(request: Request, properties: Properties) -> dict[str, str]:
    """Refuse to skip a minor, and then take back as `take_back` does."""
    refuse_skip(request, properties)
    return take_back(request, properties)


def delete(request: Request, properties: Properties) -> None:
    """Do nothing: the release goes by itself."""
    del request, properties


def _answer(told: list[str]) -> dict[str, str]:
    text = "; ".join(told) or NOTHING
    return {"TakenBack": text if len(text) <= TOLD else text[:TOLD] + "..."}
